// SPDX-License-Identifier: MIT
/*
 * Names of objects (SPEC SE-11). The module has one directory for each user, so
 * the ways by which a session's and the system's are told apart lead to the
 * same place, as they do in Windows' session 0.
 */

#include "internal.h"

#define WINVM_OBJ_VALID 0x1ff2u

/* What follows @prefix, or NULL. */
static const char *winvm_name_behind(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) ? NULL : text + length;
}

/* A name that is left after some prefix cannot be empty. */
static NTSTATUS winvm_name_set(const char *text, struct winvm_name *name)
{
	const char *local = winvm_name_behind(text, "Local\\");
	const char *rest = local ? local : winvm_name_behind(text, "Global\\");
	size_t bytes;

	name->text = rest ? rest : text;
	bytes = strlen(name->text);
	name->bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
	return bytes ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

/* Win32: NULL and "" are no name. */
NTSTATUS winvm_name_win32(const char *text, struct winvm_name *name)
{
	name->bytes = 0;
	return text && *text ? winvm_name_set(text, name) : STATUS_SUCCESS;
}

NTSTATUS winvm_name_wide(const WCHAR *text, struct winvm_name *name)
{
	NTSTATUS status;

	name->bytes = 0;
	if (!text || !*text)
		return STATUS_SUCCESS;
	status = winvm_utf16_to_utf8(text, name->room, sizeof(name->room));
	return status ? status : winvm_name_set(name->room, name);
}

/* "Sessions\N\", whatever the number. */
static const char *winvm_name_session(const char *text)
{
	const char *rest = winvm_name_behind(text, "Sessions\\");
	size_t digits = rest ? strspn(rest, "0123456789") : 0;

	return digits ? winvm_name_behind(rest + digits, "\\") : NULL;
}

/* NT: from the root, into the directory of the named objects. */
static NTSTATUS winvm_name_path(const char *text, struct winvm_name *name)
{
	const char *rest;

	if (*text != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	rest = winvm_name_session(text + 1);
	rest = winvm_name_behind(rest ? rest : text + 1, "BaseNamedObjects\\");
	return rest ? winvm_name_set(rest, name) : STATUS_OBJECT_PATH_NOT_FOUND;
}

/* Counted, and perhaps nowhere. A zero would end it early. */
static NTSTATUS winvm_name_string(const UNICODE_STRING *at, struct winvm_name *name)
{
	WCHAR units[WINVM_NAME_ROOM + 1];
	UNICODE_STRING string;
	NTSTATUS status = winvm_user_copy(&string, at, sizeof(string));
	size_t count;

	if (status)
		return status;
	count = string.Length / sizeof(WCHAR);
	if (string.Length % sizeof(WCHAR))
		return STATUS_OBJECT_NAME_INVALID;
	if (count > WINVM_NAME_ROOM)
		return STATUS_NAME_TOO_LONG;
	status = winvm_user_copy(units, string.Buffer, string.Length);
	if (status || !count)
		return status;
	units[count] = 0;
	for (size_t i = 0; i < count; i++)
		if (!units[i])
			return STATUS_OBJECT_NAME_INVALID;
	status = winvm_utf16_to_utf8(units, name->room, sizeof(name->room));
	return status ? status : winvm_name_path(name->room, name);
}

/* No handle is one of a directory. */
static NTSTATUS winvm_name_root(HANDLE root)
{
	union winvm_object object;

	return root ? winvm_handle_get(root, WINVM_HANDLE_CLAIMED, &object) : STATUS_SUCCESS;
}

static NTSTATUS winvm_name_attributes(const OBJECT_ATTRIBUTES *attributes)
{
	if (attributes->Length != sizeof(*attributes) || attributes->Attributes & ~WINVM_OBJ_VALID)
		return STATUS_INVALID_PARAMETER;
	if (attributes->Attributes & OBJ_PERMANENT)
		return STATUS_PRIVILEGE_NOT_HELD;
	if (attributes->Attributes & (OBJ_EXCLUSIVE | OBJ_OPENLINK))
		return STATUS_NOT_SUPPORTED;
	return winvm_name_root(attributes->RootDirectory);
}

/* NT: no attributes and no characters are no name. *@flags: OBJ_* */
NTSTATUS winvm_name_object(const OBJECT_ATTRIBUTES *at, struct winvm_name *name, ULONG *flags)
{
	OBJECT_ATTRIBUTES attributes;
	NTSTATUS status;

	name->bytes = 0;
	*flags = 0;
	if (!at)
		return STATUS_SUCCESS;
	status = winvm_user_copy(&attributes, at, sizeof(attributes));
	if (!status)
		status = winvm_name_attributes(&attributes);
	if (status)
		return status;
	*flags = attributes.Attributes;
	return attributes.ObjectName ? winvm_name_string(attributes.ObjectName, name) :
				       STATUS_SUCCESS;
}
