using Isolation.Sdk.Git;
using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Pipeline.Composition;

/// <summary>Finds every fault of a composition that can be seen without input or output.</summary>
internal static class CompositionCheck
{
    private static readonly TimeSpan LongestLimit = TimeSpan.FromDays(30);

    private const string ChooseMerging = """
        Choose one of:
            .Merging.UseFirstWins()                               // the first to finish lands; the loser gets the conflict
            .Merging.UseSerialQueue(o => o.Gate("dotnet", "test"))  // one at a time, each merged tree tested
            .Merging.UseManual()                                  // someone approves the exact commit
        """;

    public static IReadOnlyList<IsolationFault> Run(IsolationPipelineBuilder builder, PipelineDraft draft)
    {
        List<IsolationFault> faults = [];
        void Check(bool ok, string code, string message, string remedy)
        {
            if (!ok)
            {
                faults.Add(new IsolationFault(code, message, remedy));
            }
        }

        IsolationPipelineOptions o = draft.Options;
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
            draft.WorkersRoot is null || IsFullPath(draft.WorkersRoot),
            PipelineCodes.BadPath,
            $"The workers' folder '{Shown(draft.WorkersRoot)}' is not an absolute path.",
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
            $"A time limit is not positive, or longer than {LongestLimit.Days} days.",
            "Give AttemptTimeout and SetupTimeout a length that a timer can have."
        );
        Check(
            o.StopGrace >= TimeSpan.Zero && o.StopGrace <= TimeSpan.FromHours(1),
            PipelineCodes.BadOption,
            $"StopGrace is {o.StopGrace}.",
            "Give a length from zero to one hour."
        );
        Check(
            draft.Forecast.Every == Timeout.InfiniteTimeSpan || IsLimit(draft.Forecast.Every),
            PipelineCodes.BadOption,
            $"The forecast's Every is {draft.Forecast.Every}.",
            "Give a positive length that a timer can have, or Timeout.InfiniteTimeSpan."
        );
        Check(
            draft.Forecast is { MostTrialMerges: >= 0 and <= 1000, MostPassedOver: >= 0 and <= 1000 },
            PipelineCodes.BadOption,
            "A number of the forecast is negative, or above 1000.",
            "Give MostTrialMerges and MostPassedOver numbers from 0 to 1000."
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

    private static bool IsLimit(TimeSpan limit) => limit > TimeSpan.Zero && limit <= LongestLimit;

    // What follows a NUL is cut off on its way to the operating system, and would make another path of it.
    private static bool IsFullPath(string path) =>
        Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal);

    private static string Shown(string? text) => PlainText.Line(text ?? "", 200);

    /// <summary>A branch as git allows it, that nobody takes for something else.</summary>
    private static bool IsBranchName(string name) =>
        name.Length <= 200
        && RefNames.IsBranch(name)
        && name != "@"
        && name != "HEAD"
        && !name.StartsWith("refs/", StringComparison.Ordinal)
        && name.Split('/').All(part => part[^1] != '.');
}
