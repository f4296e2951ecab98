using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.Monitoring;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Pipeline;

/// <summary>Tells every running worker when the target moves, whoever moved it. A look reads one ref's file; git is asked only when it moved while somebody runs.</summary>
internal sealed class TargetWatch(PipelineSession session, InProcessDispatcher here, ILogger logger)
{
    /// <summary>The most paths a message names.</summary>
    public const int MostPaths = 200;

    private const string MessageKind = "target-advanced";
    private const int MostInText = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Where refs are in no files of their own, a look costs a process.
    private static readonly TimeSpan AskingInterval = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool asks = Directory.Exists(Path.Combine(session.Repository.CommonDirectory, "reftable"));
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(asks, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IsolationException or IOException)
            {
                Log.TargetLookFailed(logger, session.Plan.TargetRef, e);
            }

            await Task.Delay(asks ? AskingInterval : Interval, session.Plan.Services.Time, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task LookAsync(bool asks, CancellationToken cancellationToken)
    {
        IReadOnlyList<Flight> running = session.Flights.Running;
        if (
            running.Count == 0
            || await ReadTargetAsync(asks, cancellationToken).ConfigureAwait(false) is not { } target
        )
        {
            return;
        }

        // Who started from elsewhere knows of no target yet: it is told of what comes from now on.
        foreach (Flight flight in running)
        {
            flight.Told ??= target;
        }

        Flight[] behind = [.. running.Where(f => f.Told != target)];
        if (behind.Length == 0)
        {
            return;
        }

        Dictionary<AttemptId, string> tips = behind.ToDictionary(f => f.Attempt, f => f.Tip(session.Repository));
        string[] moved = [.. behind.Where(f => tips[f.Attempt] != f.Base).Select(f => tips[f.Attempt])];
        IReadOnlyDictionary<string, IReadOnlySet<string>> own = await GitPaths
            .OfTipsAsync(session.Repository, moved, [target, .. behind.Select(f => f.Base)], cancellationToken)
            .ConfigureAwait(false);
        foreach (IGrouping<string, Flight> told in behind.GroupBy(f => f.Told!, StringComparer.Ordinal))
        {
            IReadOnlyList<string> paths = await GitPaths
                .BetweenAsync(session.Repository, told.Key, target, cancellationToken)
                .ConfigureAwait(false);
            foreach (Flight flight in told)
            {
                Tell(flight, target, paths, own.GetValueOrDefault(tips[flight.Attempt]));
            }
        }
    }

    private async Task<string?> ReadTargetAsync(bool asks, CancellationToken cancellationToken) =>
        asks
            ? await session
                .Repository.TryResolveCommitAsync(session.Plan.TargetRef, cancellationToken)
                .ConfigureAwait(false)
            : RefFiles.Read(session.Repository.CommonDirectory, session.Plan.TargetRef);

    private void Tell(Flight flight, string target, IReadOnlyList<string> paths, IReadOnlySet<string>? own)
    {
        string[] both = own is null ? [] : [.. paths.Where(own.Contains)];
        TargetAdvanced advanced = new(session.Plan.Draft.Target, flight.Told!, target, [.. paths.Take(MostPaths)])
        {
            More = paths.Count > MostPaths,
            Overlapping = [.. both.Take(MostPaths)],
        };
        flight.Told = target;
        string text = Describe(advanced, paths.Count, both);
        if (here.TrySend(flight.Attempt, new WorkerMessage(MessageKind, text) { TargetAdvanced = advanced }))
        {
            session.Events.Publish(
                new WorkerEvent(flight.Attempt, default, WorkerEventKind.TargetAdvanced)
                {
                    Text = text,
                    Data = new Dictionary<string, string>
                    {
                        ["from"] = advanced.From,
                        ["to"] = target,
                        ["paths"] = Number(paths.Count),
                        ["overlapping"] = Number(both.Length),
                    },
                }
            );
        }
    }

    private static string Describe(TargetAdvanced advanced, int paths, string[] both)
    {
        string overlap =
            both.Length == 0
                ? "none of them yours"
                : $"{Number(both.Length)} of them yours too: {string.Join(", ", both.Take(MostInText))}{(both.Length > MostInText ? ", …" : "")}";
        return PlainText.Line(
            $"{advanced.Target} is at {advanced.To[..12]} now; {Number(paths)} {(paths == 1 ? "path" : "paths")} changed, {overlap}.",
            PlainText.LongestLine
        );
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
