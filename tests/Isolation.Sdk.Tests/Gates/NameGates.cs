using System.Reflection;
using System.Text.RegularExpressions;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>One vocabulary, the field's own: words that were given up do not come back. docs/internals/glossary.md has
/// the ones to use.</summary>
public sealed partial class NameGates
{
    // The goal is none.
    private const int KnownWords = 9;
    private const int KnownNames = 6;

    // Whole words of names, as in QueueBell or LookAsync.
    private static readonly string[] Words =
    [
        "Bell",
        "Bench",
        "Board",
        "Book",
        "Cuts",
        "Doubt",
        "Filled",
        "Filler",
        "Filling",
        "Finds",
        "Flight",
        "Guarded",
        "Halt",
        "Innocence",
        "Judge",
        "Lander",
        "Ledger",
        "Look",
        "Looks",
        "Meeting",
        "Mends",
        "Mine",
        "Most",
        "Parked",
        "Play",
        "Pristine",
        "Reached",
        "Roster",
        "Stacker",
        "Suspects",
        "Told",
        "Trail",
        "Unhappy",
        "Verdicts",
        "Wake",
        "World",
    ];

    // Names that have another meaning where they are only a part of one.
    private static readonly string[] Names =
    [
        "AcceptManualScale",
        "Alone",
        "Behind",
        "BusyProgram",
        "Chain",
        "Confirms",
        "DispatchThrough",
        "EarlierConflict",
        "EarlierConflicts",
        "EndingStream",
        "Every",
        "EveryCommitGreen",
        "Explanations",
        "FetchFirst",
        "Finding",
        "Fold",
        "FolderScan",
        "GateParts",
        "GateRun",
        "GateRuns",
        "GateSeal",
        "GitHost",
        "GroupPlaces",
        "GroupTest",
        "HandGate",
        "HoldAgainst",
        "HostGit",
        "IProcessSeal",
        "IsolatedHttp",
        "IsolationLevel",
        "IsolationPhase",
        "KeepBetweenRuns",
        "LimitPlace",
        "LogTo",
        "Merged",
        "MergeHold",
        "MergeQueues",
        "OverlapNews",
        "PassPriority",
        "Place",
        "QueueCare",
        "QueueNow",
        "QueueReading",
        "QueueView",
        "Reach",
        "RejectAtFirstRed",
        "Room",
        "RunningGate",
        "SayUnsafe",
        "SealLevel",
        "ShareReadOnly",
        "SharedLook",
        "SlotSeal",
        "Swap",
        "TrackWith",
        "UseConfinedSandbox",
        "UseTime",
        "WhyNot",
        "WorkerRegistry",
        "WorkerSeal",
        "WorkersAt",
        "WorkersFolder",
        "WorkersRoot",
        "WrapAttempts",
    ];

    private static IEnumerable<Type> Types =>
        TypeGates.Packages.Append(typeof(NameGates).Assembly).SelectMany(a => a.GetTypes()).Where(t => !IsGenerated(t));

    [IsolationFact]
    public void No_type_or_member_has_a_word_that_was_given_up() =>
        Gate.HoldsAtMost(KnownWords, All().Where(n => HasWord(n.Name)).Select(n => n.Where));

    [IsolationFact]
    public void No_type_or_member_has_a_name_that_was_given_up() =>
        Gate.HoldsAtMost(KnownNames, All().Where(n => Names.Contains(n.Name)).Select(n => n.Where));

    [IsolationTheory]
    [InlineData("QueueBell", true)]
    [InlineData("LookAsync", true)]
    [InlineData("MostTrialMerges", true)]
    [InlineData("_verdicts", true)]
    [InlineData("IFlightBoard", true)]
    [InlineData("DisplayName", false)]
    [InlineData("Lookup", false)]
    [InlineData("Determined", false)]
    [InlineData("What_most_people_do_is_told_to_nobody", false)]
    public void A_word_is_found_as_a_whole(string name, bool found) => Assert.Equal(found, HasWord(name));

    private static IEnumerable<(string Name, string Where)> All() =>
        Types.SelectMany(t =>
            t.GetMembers(
                    BindingFlags.DeclaredOnly
                        | BindingFlags.Public
                        | BindingFlags.NonPublic
                        | BindingFlags.Static
                        | BindingFlags.Instance
                )
                .Where(m =>
                    m is not (ConstructorInfo or Type) && !IsGenerated(m) && m is not MethodInfo { IsSpecialName: true }
                )
                .Select(m => (m.Name.Split('.')[^1], $"{t.FullName}.{m.Name}"))
                .Prepend((t.Name.Split('`')[0], t.FullName!))
        );

    // Tests are named by sentences, which may say anything.
    private static bool HasWord(string name) =>
        !name.TrimStart('_').Contains('_', StringComparison.Ordinal)
        && Word().Matches(Capital(name.TrimStart('_'))).Any(m => Words.Contains(m.Value));

    private static string Capital(string name) => name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..];

    private static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal)
        || member.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute))
        || member.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute))
        || (member.DeclaringType is { } outer && IsGenerated(outer));

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex Word();
}
