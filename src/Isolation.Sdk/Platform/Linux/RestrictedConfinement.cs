using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>Landlock, a filter over system calls, no new privileges and no capabilities, taken on by the thread that starts the child. No rights are needed, and no program stands in between.</summary>
/// <param name="parts">Which parts of it.</param>
internal sealed class RestrictedConfinement(ConfinementParts parts = ConfinementParts.All) : IProcessConfinement
{
    public bool EndsWholeTree => false;

    public bool KeepsMarks => parts.HasFlag(ConfinementParts.Seccomp);

    public IsolationGuarantees Adds(NetworkAccess network) =>
        network.IsOpen || network.Ports.Count > 0
            ? IsolationGuarantees.Confinement
            : IsolationGuarantees.Confinement | IsolationGuarantees.Network;

    public Task<IReadOnlyList<IsolationFault>> FindProblemsAsync(
        NetworkAccess network,
        CancellationToken cancellationToken
    ) => Task.FromResult(FindMissing());

    public IScopeConfinement ForScope(AccessScope reach) =>
        FindMissing() is [IsolationFault fault, ..] ? throw new IsolationException(fault) : new Scope(reach, parts);

    /// <summary>A command that the scope's rules would not let start is refused with a reason, not with the kernel's.</summary>
    public static void Check(AccessScope reach, ProcessSpec launch)
    {
        if (!reach.Covers(launch.File))
        {
            throw new IsolationException(
                SandboxCodes.CommandNotStarted,
                $"'{launch.File}' lies where this worker may not read.",
                "Install it for the whole machine, or let workers read its folder by AllowRead."
            );
        }
    }

    private static IReadOnlyList<IsolationFault> FindMissing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return
            [
                new IsolationFault(
                    SandboxCodes.LevelNeedsLinux,
                    "Workers can be confined on Linux only.",
                    "Use SandboxLevel.Cooperative here, or run the host on Linux (in a virtual machine, say)."
                ),
            ];
        }

        if (!LinuxProcess.IsAvailable || !SeccompFilter.IsKnown)
        {
            return
            [
                new IsolationFault(
                    SandboxCodes.CannotConfine,
                    "Confined starts need 64-bit Linux on x86-64 or aarch64 with glibc 2.34 or later.",
                    "Use such a machine, or SandboxLevel.Cooperative."
                ),
            ];
        }

        return Landlock.Version >= Landlock.NeededVersion
            ? []
            :
            [
                new IsolationFault(
                    SandboxCodes.CannotConfine,
                    Landlock.Version == 0
                        ? "This kernel has no Landlock, or it is turned off."
                        : $"This kernel's Landlock is of version {Landlock.Version}, which leaves open what version {Landlock.NeededVersion} seals (signals and abstract sockets).",
                    "Use Linux 6.12 or later with 'landlock' in the boot option lsm=, or the sealed sandbox, which needs user namespaces instead."
                ),
            ];
    }

    private sealed class Scope(AccessScope reach, ConfinementParts parts) : IScopeConfinement
    {
        private readonly ThreadRestriction _restriction = new(reach, parts);

        public ProcessSpec Apply(ProcessSpec launch)
        {
            Check(reach, launch);
            return launch with { Restriction = _restriction };
        }

        public void Dispose() => _restriction.Dispose();
    }
}
