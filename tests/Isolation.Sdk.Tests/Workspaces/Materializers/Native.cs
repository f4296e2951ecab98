using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Extended attributes, which no program here may be there for.</summary>
internal static partial class Native
{
    public static bool SetAttribute(string path, string name, byte[] value) =>
        SetXattr(path, name, value, value.Length, 0) == 0;

    /// <summary>The permissions that new files in a folder get, as the kernel stores them.</summary>
    public static bool SetDefaultAcl(string folder)
    {
        byte[] acl = [2, 0, 0, 0, .. Entry(0x01, 7), .. Entry(0x04, 7), .. Entry(0x20, 7)];
        return SetAttribute(folder, "system.posix_acl_default", acl);
    }

    /// <summary>All of them, sorted, of the link itself where it is one.</summary>
    public static string Attributes(string path)
    {
        byte[] names = new byte[4096],
            value = new byte[65536];
        nint length = ListXattr(path, names, names.Length);
        return length <= 0
            ? ""
            : string.Join(
                ',',
                Encoding
                    .UTF8.GetString(names, 0, (int)length)
                    .Split('\0', StringSplitOptions.RemoveEmptyEntries)
                    .Order(StringComparer.Ordinal)
                    .Select(n =>
                    {
                        nint size = GetXattr(path, n, value, value.Length);
                        return $"{n}={(size < 0 ? "?" : Convert.ToHexString(value, 0, (int)size))}";
                    })
            );
    }

    private static byte[] Entry(byte tag, byte permissions) => [tag, 0, permissions, 0, 0xff, 0xff, 0xff, 0xff];

    [LibraryImport("libc", EntryPoint = "lsetxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetXattr(string path, string name, byte[] value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "llistxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ListXattr(string path, byte[] names, nint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetXattr(string path, string name, byte[] value, nint size);
}
