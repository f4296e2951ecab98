using Isolation.Sdk.Git;
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

    public static IEnumerable<IsolationFault> Validate(PipelineSettings settings, bool isMergingChosen)
    {
        if (!isMergingChosen)
        {
            yield return new IsolationFault(
                CompositionCodes.NoMergeStrategy,
                "No merge strategy is chosen, and it has to be decided before anything is spawned.",
                ChooseMerging
            );
        }

        if (settings.Runner is null && settings.RunnerName is null && settings.Runners.Count == 0)
        {
            yield return new IsolationFault(
                CompositionCodes.NoRunner,
                "Nothing says how an attempt is carried out.",
                "Add .RunWith(…) or .RunProcess(…)."
            );
        }

        if (!IsFullPath(settings.Repository))
        {
            yield return NotAbsolute("repository", settings.Repository);
        }

        if (settings.WorkersDirectory is { } directory && !IsFullPath(directory))
        {
            yield return NotAbsolute("workers' directory", directory);
        }

        if (!BranchName.IsTarget(settings.Target))
        {
            yield return new IsolationFault(
                SchedulingCodes.BadTarget,
                $"'{Shown(settings.Target)}' cannot be a branch name.",
                "Give the short name of a branch, such as main."
            );
        }

        foreach ((string code, string reason) in settings.Waivers)
        {
            if (!IsolationAudit.Waivable.Contains(code))
            {
                yield return new IsolationFault(
                    SchedulingCodes.BadOption,
                    $"'{Shown(code)}' cannot be waived.",
                    $"Waive one of {string.Join(", ", IsolationAudit.Waivable)}; correct the cause of any other fault."
                );
            }
            else if (string.IsNullOrWhiteSpace(reason))
            {
                yield return new IsolationFault(
                    SchedulingCodes.BadOption,
                    $"The waiver of {code} has no reason.",
                    "Give a reason; it goes into the report."
                );
            }
        }

        foreach (IsolationFault fault in settings.RunnerFaults.Concat(settings.NamedRunnerFaults))
        {
            yield return fault;
        }
    }

    public static IEnumerable<IsolationFault> ValidateLevel(
        PipelineSettings settings,
        SandboxLevel? workspaces,
        SandboxLevel? sandbox
    )
    {
        SandboxLevel level = settings.Level;
        if (!Enum.IsDefined(level))
        {
            yield return new IsolationFault(
                SchedulingCodes.BadOption,
                $"There is no level {level}.",
                "Use one of SandboxLevel's values."
            );
        }

        if (settings.Untrusted && level != SandboxLevel.Sealed)
        {
            yield return new IsolationFault(
                CompositionCodes.UntrustedNeedsSealed,
                $"The workers are untrusted, and the level is {level}.",
                "Add .UseLevel(SandboxLevel.Sealed)."
            );
        }

        if (level == SandboxLevel.Cooperative)
        {
            yield break;
        }

        if (settings.RunsInProcess)
        {
            yield return new IsolationFault(
                CompositionCodes.InProcessRunner,
                $"A runner in this process cannot be held at the level {level}: "
                    + "it shares the host's memory, files and rights.",
                "Run a command instead: .RunProcess(…)."
            );
        }

        if (workspaces < level)
        {
            yield return new IsolationFault(
                CompositionCodes.BelowLevel,
                $"At the level {level} a worker needs its own repository: a linked worktree writes to the shared one.",
                "Use .Workspaces.UsePrivateClones()."
            );
        }

        if (sandbox < level)
        {
            yield return new IsolationFault(
                CompositionCodes.BelowLevel,
                $"The chosen sandbox does not reach the level {level}.",
                level == SandboxLevel.Sealed ? "Use .Sandbox.UseSealed(…)." : "Use .Sandbox.UseRestricted(…)."
            );
        }
    }

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

    private static IsolationFault NotAbsolute(string what, string path) =>
        new(
            CompositionCodes.BadPath,
            $"The {what} '{Shown(path)}' is not an absolute path.",
            "Use Path.GetFullPath where your program starts."
        );

    // What follows a NUL is cut off on its way to the operating system, which would make another path of it.
    private static bool IsFullPath(string path) =>
        Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal);

    private static string Shown(string? text) => PlainText.SingleLine(text ?? "", 200);
}
