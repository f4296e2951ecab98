using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

internal record struct SystemCall(nint Number, nint First, nint Second, nint Third, nint Fourth, nint MayFail);

internal sealed unsafe class ThreadRestriction : IDisposable
{
    private const int Control = 157,
        Control64Arm = 167,
        Capset = 126,
        CapsetArm = 91,
        Seccomp = 317,
        SeccompArm = 277;
    private const int NoNewPrivileges = 38,
        DropBounding = 24,
        Ambient = 47,
        ClearAmbient = 4,
        FilterMode = 1;
    private const uint CapabilityVersion = 0x20080522;
    private readonly SafeFileHandle? _rules;

    // Pinned and never freed by hand: a thread may still read them when the scope is gone.
    private readonly SeccompInstruction[] _filter;
    private readonly nint[] _program;
    private readonly uint[] _nothing = GC.AllocateArray<uint>(8, pinned: true);

    public ThreadRestriction(AccessScope scope, ConfinementParts parts)
    {
        bool arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        SeccompInstruction[] filter = SeccompFilter.Build(scope.Network);
        _filter = GC.AllocateArray<SeccompInstruction>(filter.Length, pinned: true);
        filter.CopyTo(_filter, 0);
        _program = GC.AllocateArray<nint>(2, pinned: true);
        _program[0] = _filter.Length;
        _program[1] = Marshal.UnsafeAddrOfPinnedArrayElement(_filter, 0);
        uint[] header = GC.AllocateArray<uint>(2, pinned: true);
        header[0] = CapabilityVersion;
        Header = header;

        nint control = arm ? Control64Arm : Control;
        List<SystemCall> calls = [new(control, NoNewPrivileges, 1, 0, 0, 0)];
        if (parts.HasFlag(ConfinementParts.Capabilities))
        {
            // Needs a capability itself; without that there is nothing to drop, and no_new_privs keeps it so.
            calls.AddRange(
                Enumerable.Range(0, LastCapability() + 1).Select(c => new SystemCall(control, DropBounding, c, 0, 0, 1))
            );
            calls.Add(new SystemCall(control, Ambient, ClearAmbient, 0, 0, 1));
        }

        if (parts.HasFlag(ConfinementParts.Landlock))
        {
            _rules = Landlock.Rules(scope);
            calls.Add(new SystemCall((nint)Landlock.RestrictSelf, _rules.DangerousGetHandle(), 0, 0, 0, 0));
        }

        if (parts.HasFlag(ConfinementParts.Capabilities))
        {
            calls.Add(
                new SystemCall(
                    arm ? CapsetArm : Capset,
                    Marshal.UnsafeAddrOfPinnedArrayElement(header, 0),
                    Marshal.UnsafeAddrOfPinnedArrayElement(_nothing, 0),
                    0,
                    0,
                    0
                )
            );
        }

        if (parts.HasFlag(ConfinementParts.Seccomp))
        {
            calls.Add(
                new SystemCall(
                    arm ? SeccompArm : Seccomp,
                    FilterMode,
                    0,
                    Marshal.UnsafeAddrOfPinnedArrayElement(_program, 0),
                    0,
                    0
                )
            );
        }

        SystemCall[] pinned = GC.AllocateArray<SystemCall>(calls.Count, pinned: true);
        calls.CopyTo(pinned);
        Calls = pinned;
    }

    public SystemCall[] Calls { get; }

    private uint[] Header { get; }

    // False when the scope let go of the rules.
    public bool TryHold()
    {
        try
        {
            bool held = false;
            _rules?.DangerousAddRef(ref held);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public void Release() => _rules?.DangerousRelease();

    public void Dispose() => _rules?.Dispose();

    private static int LastCapability()
    {
        const string File = "/proc/sys/kernel/cap_last_cap";
        return
            System.IO.File.Exists(File)
            && int.TryParse(
                System.IO.File.ReadAllText(File),
                NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture,
                out int last
            )
            ? last
            : 40;
    }
}
