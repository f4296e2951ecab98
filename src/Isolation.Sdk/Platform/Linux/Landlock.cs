using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

// What no rule allows is refused, to a process and all it starts, for good.
internal static unsafe class Landlock
{
    // The first version that has everything the level promises: files (1), renames (2), truncation (3), TCP (4),
    // devices (5), signals and abstract sockets (6).
    public const int NeededVersion = 6;

    public const long RestrictSelf = 446;
    private const long CreateRuleset = 444,
        AddRule = 445;
    private const int AskVersion = 1,
        PathBeneath = 1,
        NetPort = 2;
    private const ulong Execute = 1,
        WriteFile = 2,
        ReadFile = 4,
        ReadFolder = 8,
        MakeCharDevice = 1 << 6,
        MakeBlockDevice = 1 << 11,
        Truncate = 1 << 14,
        Control = 1 << 15;
    private const ulong Everything = (1 << 16) - 1,
        Reading = Execute | ReadFile | ReadFolder,
        OfFiles = Execute | WriteFile | ReadFile | Truncate | Control;
    private const ulong Owning = Everything & ~(MakeCharDevice | MakeBlockDevice | Control),
        UsingDevices = ReadFile | WriteFile | ReadFolder | Control;
    private const ulong Bind = 1,
        Connect = 2,
        AbstractSockets = 1,
        Signals = 2;
    private const int OpenPath = 0x200000 | LinuxProcess.CloseOnExec;
    private static readonly string[] Devices =
    [
        "/dev/null",
        "/dev/zero",
        "/dev/full",
        "/dev/random",
        "/dev/urandom",
        "/dev/tty",
        "/dev/ptmx",
        "/dev/pts",
    ];

    public static int Version =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess
            ? Math.Max(0, (int)LinuxProcess.SystemCall(CreateRuleset, 0, 0, AskVersion, 0))
            : 0;

    // The rules hold the folders themselves: nothing put in their place later is reached.
    public static SafeFileHandle Rules(AccessScope scope)
    {
        Attributes attributes = new()
        {
            Files = Everything,
            Network = scope.Network.IsOpen ? 0 : Bind | Connect,
            Scopes = AbstractSockets | Signals,
        };
        int made = (int)LinuxProcess.SystemCall(CreateRuleset, (nint)(&attributes), sizeof(Attributes), 0, 0);
        if (made < 0)
        {
            throw Refused("a set of rules");
        }

        SafeFileHandle rules = new(made, ownsHandle: true);
        try
        {
            foreach (string path in AccessScope.System.Concat(scope.Read).Append("/proc"))
            {
                Add(rules, path, Reading, needed: false);
            }

            foreach (string path in Devices)
            {
                Add(rules, path, UsingDevices, needed: false);
            }

            foreach (string path in scope.Write)
            {
                Add(rules, path, Owning, needed: true);
            }

            if (!scope.Network.IsOpen)
            {
                AddPorts(rules, scope.Ports, Bind | Connect);
                AddPorts(rules, scope.Network.Ports, Connect);
            }

            return rules;
        }
        catch
        {
            rules.Dispose();
            throw;
        }
    }

    private static void Add(SafeFileHandle rules, string path, ulong rights, bool needed)
    {
        int found = LinuxProcess.Open(path, OpenPath);
        if (found < 0)
        {
            // A machine has some of the system's folders, never all.
            if (needed)
            {
                throw Refused($"'{path}'");
            }

            return;
        }

        using SafeFileHandle held = new(found, ownsHandle: true);
        Beneath beneath = new() { Rights = Directory.Exists(path) ? rights : rights & OfFiles, Folder = found };
        if (LinuxProcess.SystemCall(AddRule, rules.DangerousGetHandle(), PathBeneath, (nint)(&beneath), 0) != 0)
        {
            throw Refused($"'{path}'");
        }
    }

    private static void AddPorts(SafeFileHandle rules, IEnumerable<int> ports, ulong rights)
    {
        foreach (int port in ports)
        {
            Port rule = new() { Rights = rights, Number = (ulong)port };
            if (LinuxProcess.SystemCall(AddRule, rules.DangerousGetHandle(), NetPort, (nint)(&rule), 0) != 0)
            {
                throw Refused($"port {port}");
            }
        }
    }

    private static IsolationException Refused(string what) =>
        new(
            SandboxCodes.NotSealed,
            $"The kernel's Landlock did not take {what} (error {Marshal.GetLastPInvokeError()}).",
            "Nothing was started. Look whether the path exists and the machine has file descriptors left."
        );

    private struct Attributes
    {
        public ulong Files,
            Network,
            Scopes;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Beneath
    {
        public ulong Rights;
        public int Folder;
    }

    private struct Port
    {
        public ulong Rights,
            Number;
    }
}
