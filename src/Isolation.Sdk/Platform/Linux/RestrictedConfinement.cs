namespace Isolation.Sdk.Platform;

// Taken on by the thread that starts the child: no rights are needed, and no program stands in between.
internal sealed class RestrictedConfinement(ConfinementParts parts = ConfinementParts.All) : IProcessConfinement
{
    public bool EndsWholeTree => false;

    public bool KeepsMarks => parts.HasFlag(ConfinementParts.Seccomp);

    // MSBuild's processes meet in /tmp by name, which is out of reach, and wait a quarter of an hour for each other:
    // with one processor it builds in one process.
    public IEnumerable<(string Name, string Value)> Variables =>
        [("DOTNET_PROCESSOR_COUNT", "1"), ("MSBUILDNODECONNECTIONTIMEOUT", "10000")];

    public IsolationGuarantees Adds(NetworkAccess network) =>
        network.IsNone
            ? IsolationGuarantees.Confinement | IsolationGuarantees.Network
            : IsolationGuarantees.Confinement;

    public Task<IReadOnlyList<IsolationFault>> FindProblemsAsync(
        NetworkAccess network,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<IsolationFault>>(FindProblem() is { } fault ? [fault] : []);

    public IScopeConfinement ForScope(AccessScope scope) =>
        FindProblem() is { } fault ? throw new IsolationException(fault) : new Scope(scope, parts);

    public static IsolationFault? FindProblem(string code) =>
        !OperatingSystem.IsLinux()
            ? new IsolationFault(
                SandboxCodes.LevelNeedsLinux,
                "Levels above Cooperative exist on Linux only.",
                "Use SandboxLevel.Cooperative here, or run the host on Linux (in a virtual machine, say)."
            )
        : !LinuxProcess.IsAvailable || !SeccompFilter.IsKnown
            ? new IsolationFault(
                code,
                "Restricted and sealed starts need 64-bit Linux on x86-64 or aarch64 with glibc 2.34 or later.",
                "Use such a machine, or SandboxLevel.Cooperative."
            )
        : null;

    private static IsolationFault? FindProblem() =>
        FindProblem(SandboxCodes.CannotConfine)
        ?? (
            Landlock.Version >= Landlock.NeededVersion
                ? null
                : new IsolationFault(
                    SandboxCodes.CannotConfine,
                    Landlock.Version == 0
                        ? "This kernel has no Landlock, or it is turned off."
                        : $"This kernel's Landlock is of version {Landlock.Version}, which leaves open what "
                            + $"version {Landlock.NeededVersion} seals (signals and abstract sockets).",
                    "Use Linux 6.12 or later with 'landlock' in the boot option lsm=, or the sealed "
                        + "sandbox, which needs user namespaces instead."
                )
        );

    private sealed class Scope(AccessScope scope, ConfinementParts parts) : IScopeConfinement
    {
        private readonly ThreadRestriction _restriction = new(scope, parts);

        public ProcessSpec Apply(ProcessSpec spec)
        {
            scope.ThrowIfUnreadable(spec.File);
            return spec with { Restriction = _restriction };
        }

        public void Dispose() => _restriction.Dispose();
    }
}
