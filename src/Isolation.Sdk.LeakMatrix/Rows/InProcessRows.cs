using System.Diagnostics;
using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>One .NET process that runs several workers itself: from <see cref="SandboxLevel.Restricted"/> on such a
/// pipeline is refused.</summary>
internal static class InProcessRows
{
    private const string Flow = "a runner starts in an empty execution context";

    public static IEnumerable<LeakRow> All =>
        new[] { Flows, InProcessSharedRows.All }
            .SelectMany(rows => rows)
            .OrderBy(row => row.Id, StringComparer.Ordinal);

    private static IEnumerable<LeakRow> Flows =>
        [
            Row("N01", "an AsyncLocal of the host's", _ =>
                {
                    AsyncLocal<string?> local = new();
                    return new InProcessSteps(_ => { }, _ => local.Value is not null)
                    {
                        Host = () => local.Value = "host",
                    };
                })
                .Cooperative(LeakOutcome.Sealed, Flow),
            Row("N02", "an AsyncLocal that an async worker sets", _ =>
                {
                    AsyncLocal<string?> local = new();
                    return new InProcessSteps(
                        async _ =>
                        {
                            local.Value = "A";
                            await Task.Yield();
                        },
                        _ => local.Value is not null
                    );
                })
                .Plain(LeakOutcome.Sealed, "what an async method writes does not reach its caller")
                .Cooperative(LeakOutcome.Sealed, Flow),
            Row("N03", "a mutable object in an AsyncLocal", word =>
                {
                    AsyncLocal<List<string>?> local = new();
                    return new InProcessSteps(_ => local.Value?.Add(word), _ => local.Value?.Contains(word) == true)
                    {
                        Host = () => local.Value = [],
                    };
                })
                .Cooperative(LeakOutcome.Sealed, Flow),
            Row("N04", "an AsyncLocal that is written without a wait", _ =>
                {
                    AsyncLocal<string?> local = new();
                    return new InProcessSteps(_ => local.Value = "A", _ => local.Value is not null);
                })
                .Cooperative(LeakOutcome.Sealed, "a runner has a flow of its own, and what it writes stays in it"),
            Row("N08", "the host's culture", _ =>
                {
                    System.Globalization.CultureInfo odd = new("") { NumberFormat = { NumberDecimalSeparator = "_" } };
                    return new InProcessSteps(
                        _ => { },
                        _ => System.Globalization.CultureInfo.CurrentCulture.NumberFormat.NumberDecimalSeparator == "_"
                    )
                    {
                        Host = () => System.Globalization.CultureInfo.CurrentCulture = odd,
                    };
                })
                .Cooperative(LeakOutcome.Sealed, "a runner starts with the invariant culture"),
            Row("N09", "Activity.Current and its baggage", word =>
                {
                    Activity host = new(word);
                    return new InProcessSteps(
                        _ => Activity.Current?.AddBaggage(word, "A"),
                        _ => Activity.Current?.GetBaggageItem(word) is not null
                    )
                    {
                        Host = () => host.Start(),
                        Undo = host.Dispose,
                    };
                })
                .Cooperative(LeakOutcome.Sealed, "a runner starts without an activity"),
            Row("N13", "the conversation", word =>
                {
                    List<string> history = [];
                    return new InProcessSteps(
                        turn =>
                        {
                            if (turn.Worker is { } worker)
                            {
                                worker.Context.Conversation.Append("user", word);
                            }
                            else
                            {
                                history.Add(word);
                            }
                        },
                        turn =>
                            turn.Worker is { } worker
                                ? worker
                                    .Context.Conversation.Read()
                                    .Any(t => t.Text.Contains(word, StringComparison.Ordinal))
                                : history.Contains(word)
                    );
                })
                .Cooperative(LeakOutcome.Sealed, "each worker has a conversation of its own"),
            Row("N16", "cancellation", _ => new InProcessSteps(
                    turn => turn.Cancel(),
                    turn => turn.Token.IsCancellationRequested
                ))
                .Cooperative(LeakOutcome.Sealed, "workers are given tokens, never a source"),
        ];

    /// <summary>A row that is refused where workers are held by the kernel.</summary>
    internal static LeakRow Row(string id, string channel, Func<string, InProcessSteps> create) =>
        Row(id, channel, new InProcessProbe(create));

    /// <summary>The same, with what its process has to be.</summary>
    internal static LeakRow Row(string id, string channel, InProcessProbe probe) =>
        new LeakRow(id, channel, probe).FromLevel(Restricted, Refused, "a runner of the host's process is refused");
}
