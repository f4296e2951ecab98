using Isolation.Sdk.IO;
using Isolation.Sdk.Scheduling;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Composition;

// What can be seen without input or output; what the machine lacks is found by the audit.
internal static class CompositionValidator
{
    private const string ChooseMerging = """
        Choose one of:
            .Merging.UseFirstWins()                                      // who ends first lands; others see the conflict
            .Merging.UseSerialQueue(o => o.Gates.Add("dotnet", "test"))  // one at a time, each merged tree tested
            .Merging.UseManual()                                         // someone approves the exact commit
        """;

    public static IEnumerable<IsolationFault> Validate(
        PipelineSettings settings,
        bool isMergingChosen,
        SandboxLevel? workspaces,
        SandboxLevel? sandbox
    )
    {
        SandboxLevel level = settings.Level;
        bool isHeld = level != SandboxLevel.Cooperative;
        (bool Breaks, string Code, string Message, string Remedy)[] rules =
        [
            (
                !isMergingChosen,
                CompositionCodes.NoMergeStrategy,
                "No merge strategy is chosen, and it has to be decided before anything is spawned.",
                ChooseMerging
            ),
            (
                settings.Runner is null && settings.RunnerName is null && settings.Runners.Count == 0,
                CompositionCodes.NoRunner,
                "Nothing says how an attempt is carried out.",
                "Add .RunWith(…) or .RunProcess(…)."
            ),
            MustBeAbsolute("repository", settings.Repository),
            MustBeAbsolute("workers' directory", settings.WorkersDirectory),
            (
                !BranchName.IsTarget(settings.Target),
                SchedulingCodes.BadTarget,
                $"'{Shown(settings.Target)}' cannot be a branch name.",
                "Give the short name of a branch, such as main."
            ),
            .. settings.Waivers.Select(w =>
                IsolationAudit.Waivable.Contains(w.Key)
                    ? (
                        string.IsNullOrWhiteSpace(w.Value),
                        SchedulingCodes.BadOption,
                        $"The waiver of {w.Key} has no reason.",
                        "Give a reason; it goes into the report."
                    )
                    : (
                        true,
                        SchedulingCodes.BadOption,
                        $"'{Shown(w.Key)}' cannot be waived.",
                        $"Waive one of {string.Join(", ", IsolationAudit.Waivable)}; "
                            + "correct the cause of any other fault."
                    )
            ),
            .. settings
                .RunnerFaults.Concat(settings.NamedRunnerFaults)
                .Select(f => (true, f.Code, f.Message, f.Remedy)),
            (
                !Enum.IsDefined(level),
                SchedulingCodes.BadOption,
                $"There is no level {level}.",
                "Use one of SandboxLevel's values."
            ),
            (
                settings.Untrusted && level != SandboxLevel.Sealed,
                CompositionCodes.UntrustedNeedsSealed,
                $"The workers are untrusted, and the level is {level}.",
                "Add .UseLevel(SandboxLevel.Sealed)."
            ),
            (
                isHeld && settings.RunsInProcess,
                CompositionCodes.InProcessRunner,
                $"A runner in this process cannot be held at the level {level}: "
                    + "it shares the host's memory, files and rights.",
                "Run a command instead: .RunProcess(…)."
            ),
            (
                isHeld && workspaces < level,
                CompositionCodes.BelowLevel,
                $"At the level {level} a worker needs its own repository: a linked worktree writes to the shared one.",
                "Use .Workspaces.UsePrivateClones()."
            ),
            (
                isHeld && sandbox < level,
                CompositionCodes.BelowLevel,
                $"The chosen sandbox does not reach the level {level}.",
                level == SandboxLevel.Sealed ? "Use .Sandbox.UseSealed(…)." : "Use .Sandbox.UseRestricted(…)."
            ),
        ];
        return Faults(rules);
    }

    public static IEnumerable<IsolationFault> Faults(
        IEnumerable<(bool Breaks, string Code, string Message, string Remedy)> rules
    ) => rules.Where(r => r.Breaks).Select(r => new IsolationFault(r.Code, r.Message, r.Remedy));

    // What a level promises: a third party's provider has to claim it, too.
    public static IsolationGuarantees GuaranteesOf(SandboxLevel level) =>
        level switch
        {
            SandboxLevel.Restricted => IsolationGuarantees.Confinement | IsolationGuarantees.Processes,
            SandboxLevel.Sealed => IsolationGuarantees.Confinement
                | IsolationGuarantees.Processes
                | IsolationGuarantees.Network,
            _ => IsolationGuarantees.None,
        };

    private static (bool, string, string, string) MustBeAbsolute(string what, string? path) =>
        (
            path is not null && !IsFullPath(path),
            CompositionCodes.BadPath,
            $"The {what} '{Shown(path)}' is not an absolute path.",
            "Use Path.GetFullPath where your program starts."
        );

    // What follows a NUL is cut off on its way to the operating system, which would make another path of it.
    private static bool IsFullPath(string path) =>
        Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal);

    private static string Shown(string? text) => PlainText.SingleLine(text ?? "", 200);
}
