using System.CommandLine.Parsing;
using Isolation.Sdk;
using Rig.Terminal;

namespace Rig.Running;

/// <summary>What a run was asked for.</summary>
internal sealed record RunSettings(RepositoryRef Repository, IReadOnlyList<string> Command, string Target, string From)
{
    /// <summary>Whether a target that exists is brought up to <see cref="From"/> first.</summary>
    public bool Follow { get; init; }

    /// <summary>Whether what puts back earlier landings waits for <c>rig approve</c>.</summary>
    public bool HoldReverts { get; init; }

    public int? Workers { get; init; }

    public int Attempts { get; init; } = 2;

    public MergeChoice Merge { get; init; }

    /// <summary>How many candidates a refinery tests at once.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>How many items each of them adds.</summary>
    public int? BatchSize { get; init; }

    public IReadOnlyList<string[]> Gates { get; init; } = [];

    public IReadOnlyList<string> Inherit { get; init; } = [];

    public IReadOnlyList<string> Secrets { get; init; } = [];

    public IReadOnlyList<string> Shared { get; init; } = [];

    /// <summary>A gate chooses the queue; without one nothing lands untested or unseen unless that was asked
    /// for.</summary>
    public static MergeChoice ChooseMerge(string? asked, int gates)
    {
        MergeChoice choice = asked switch
        {
            "manual" => MergeChoice.Manual,
            "first-wins" => MergeChoice.FirstWins,
            "queue" => MergeChoice.Queue,
            "refinery" => MergeChoice.Refinery,
            _ => gates > 0 ? MergeChoice.Queue : MergeChoice.Manual,
        };
        return (choice, gates) switch
        {
            (MergeChoice.Queue or MergeChoice.Refinery, 0) => throw new IsolationException(
                RigCodes.MergeQueueOptions,
                $"--merge {asked} has no gate, so it would land what nobody tested.",
                "Add one: --gate \"dotnet test\""
            ),
            (not (MergeChoice.Queue or MergeChoice.Refinery), > 0) => throw new IsolationException(
                RigCodes.MergeQueueOptions,
                $"--merge {asked} runs no gate.",
                "Leave --gate out, or choose --merge queue or refinery."
            ),
            _ => choice,
        };
    }

    /// <summary>Both are a refinery's.</summary>
    public static void CheckRefinery(MergeChoice merge, int? maxConcurrency, int? batchSize)
    {
        if (merge != MergeChoice.Refinery && (maxConcurrency ?? batchSize) is not null)
        {
            throw new IsolationException(
                RigCodes.MergeQueueOptions,
                "--max-concurrency and --batch-size are for --merge refinery only.",
                "Leave them out, or add: --merge refinery"
            );
        }
    }

    /// <summary>A gate's command line as program and arguments; quotes keep spaces together, and no shell ever sees
    /// it.</summary>
    public static string[] SplitGate(string text) =>
        CommandLineParser.SplitCommandLine(text).ToArray() is { Length: > 0 } parts && parts[0].Length > 0
            ? parts
            : throw new IsolationException(
                RigCodes.MergeQueueOptions,
                "--gate has no command.",
                "Give a program and its arguments: --gate \"dotnet test\""
            );
}
