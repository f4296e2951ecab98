using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

internal sealed unsafe record DirectoryAttributes(uint Mode, uint User, uint Group, nint Flags)
{
    private const uint Permissions = 0xFFF,
        InheritGroup = 0b010_000_000_000,
        Everybody = 0b111_111_111;

    // Sync, unchangeable, append only, no dump, no access times, compress, no copy-on-write, project, folders in sync,
    // names without case.
    private const nint Marks = 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x10000 | 0x800000 | 0x20000000 | 0x40000000;
    private const int ListBytes = 1 << 12;

    public static DirectoryAttributes Of(string tree)
    {
        using SafeFileHandle held = LinuxFiles.OpenFolder(Path.GetDirectoryName(tree)!);
        int above = (int)held.DangerousGetHandle();
        _ = LinuxFiles.GetStat(above, null, out LinuxFiles.Stat stat);
        bool inherits = (stat.Mode & InheritGroup) != 0;
        return new DirectoryAttributes(
            (Everybody & ~Mask()) | (inherits ? InheritGroup : 0),
            LinuxProcess.EffectiveUser(),
            inherits ? stat.Group : LinuxFiles.GroupId(),
            FlagsOf(above)
        );
    }

    public bool Match(int folder, in LinuxFiles.Stat stat) =>
        (stat.Mode & Permissions) == Mode
        && stat.User == User
        && stat.Group == Group
        && FlagsOf(folder) == Flags
        && !HasAttributes(folder);

    private static nint FlagsOf(int folder)
    {
        nint flags = 0;
        return LinuxFiles.Control(folder, LinuxFiles.GetFlags, &flags) == 0 ? flags & Marks : 0;
    }

    // What a security module writes is not the worker's. Where new folders inherit a list of rights, nothing is used
    // again.
    private static bool HasAttributes(int folder)
    {
        byte* names = stackalloc byte[ListBytes];
        nint length = LinuxFiles.ListAttributes(folder, names, ListBytes);
        if (length <= 0)
        {
            return length < 0 && Marshal.GetLastPInvokeError() == 34; // More than fit.
        }

        return Encoding
            .UTF8.GetString(names, (int)length)
            .Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Any(n => !n.StartsWith("security.", StringComparison.Ordinal));
    }

    private static uint Mask()
    {
        string? line = File.ReadLines("/proc/self/status")
            .FirstOrDefault(l => l.StartsWith("Umask:", StringComparison.Ordinal));
        return line is null ? 0b000_010_010 : Convert.ToUInt32(line["Umask:".Length..].Trim(), 8);
    }
}
