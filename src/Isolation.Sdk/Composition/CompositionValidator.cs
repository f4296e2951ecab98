using Isolation.Sdk.Git;
using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Composition;

/// <summary>Finds every fault of a composition that can be seen without input or output.</summary>
internal static class CompositionValidator
{
    private static readonly TimeSpan MaxTimeLimit = TimeSpan.FromDays(30);

    private const string ChooseMerging = """
        Choose one of:
            .Merging.UseFirstWins()                               // the first to finish lands; the loser gets the conflict
            .Merging.UseSerialQueue(o => o.Gate("dotnet", "test"))  // one at a time, each merged tree tested
            .Merging.UseManual()                                  // someone approves the exact commit
        """;

    public static IReadOnlyList<IsolationFault> Run(IsolationPipelineBuilder builder, PipelineSettings draft)
    {
        List<IsolationFault> faults = [];
        void Check(bool ok, string code, string message, string remedy)
        {
            if (!ok)
            {
                faults.Add(new IsolationFault(code, message, remedy));
            }
        }

        IsolationOptions o = draft.Options;
        Check(
            builder.Merging.IsChosen,
            PipelineCodes.NoMergeStrategy,
            "No merge strategy is chosen, and it has to be decided before anything is spawned.",
            ChooseMerging
        );
        Check(
            draft.Runner is not null,
            PipelineCodes.NoRunner,
            "Nothing says how an attempt is carried out.",
            "Add .RunWith(…) or .RunProcess(…)."
        );
        Check(
            IsFullPath(draft.Repository),
            PipelineCodes.BadPath,
            $"The repository '{Shown(draft.Repository)}' is not an absolute path.",
            "Use Path.GetFullPath where your program starts."
        );
        Check(
            draft.WorkersDirectory is null || IsFullPath(draft.WorkersDirectory),
            PipelineCodes.BadPath,
            $"The workers' folder '{Shown(draft.WorkersDirectory)}' is not an absolute path.",
            "Use Path.GetFullPath where your program starts."
        );
        Check(
            IsBranchName(draft.Target),
            PipelineCodes.BadTarget,
            $"'{Shown(draft.Target)}' cannot be a branch name.",
            "Give the short name of a branch, such as main."
        );
        Check(
            o.MaxWorkers is >= 1 and <= 1000,
            PipelineCodes.BadOption,
            $"MaxWorkers is {o.MaxWorkers}.",
            "Give a number from 1 to 1000."
        );
        Check(
            o.MaxAttempts is >= 1 and <= 100,
            PipelineCodes.BadOption,
            $"MaxAttempts is {o.MaxAttempts}.",
            "Give a number from 1 to 100."
        );
        Check(
            IsLimit(o.AttemptTimeout) && IsLimit(o.SetupTimeout),
            PipelineCodes.BadOption,
            $"A time limit is not positive, or longer than {MaxTimeLimit.Days} days.",
            "Give AttemptTimeout and SetupTimeout a length that a timer can have."
        );
        Check(
            o.StopGrace >= TimeSpan.Zero && o.StopGrace <= TimeSpan.FromHours(1),
            PipelineCodes.BadOption,
            $"StopGrace is {o.StopGrace}.",
            "Give a length from zero to one hour."
        );
        Check(
            draft.Forecast.Interval == Timeout.InfiniteTimeSpan || IsLimit(draft.Forecast.Interval),
            PipelineCodes.BadOption,
            $"The forecast's Every is {draft.Forecast.Interval}.",
            "Give a positive length that a timer can have, or Timeout.InfiniteTimeSpan."
        );
        Check(
            draft.Forecast is { MaxTrialMerges: >= 0 and <= 1000, MaxReorderings: >= 0 and <= 1000 },
            PipelineCodes.BadOption,
            "A number of the forecast is negative, or above 1000.",
            "Give MaxTrialMerges and MaxReorderings numbers from 0 to 1000."
        );
        Check(
            draft.ScaleOverride is null || !string.IsNullOrWhiteSpace(draft.ScaleOverride),
            PipelineCodes.BadOption,
            "AcceptManualScale was given no reason.",
            "Say why; it goes into the report."
        );
        faults.AddRange(LevelDefaults.Check(builder, draft));
        faults.AddRange(draft.RunnerFaults);
        return faults;
    }

    private static bool IsLimit(TimeSpan limit) => limit > TimeSpan.Zero && limit <= MaxTimeLimit;

    // What follows a NUL is cut off on its way to the operating system, and would make another path of it.
    private static bool IsFullPath(string path) =>
        Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal);

    private static string Shown(string? text) => PlainText.SingleLine(text ?? "", 200);

    /// <summary>A branch as git allows it, that nobody takes for something else.</summary>
    private static bool IsBranchName(string name) =>
        name.Length <= 200
        && RefNames.IsBranch(name)
        && name != "@"
        && name != "HEAD"
        && !name.StartsWith("refs/", StringComparison.Ordinal)
        && name.Split('/').All(part => part[^1] != '.');
}
