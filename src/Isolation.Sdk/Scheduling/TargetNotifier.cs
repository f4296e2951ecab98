using System.Globalization;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Scheduling;

// A poll reads one ref's file; git is asked only when it moved while somebody runs.
internal sealed class TargetNotifier(RunSession session, ILogger logger)
{
    public const int MaxPaths = 200;

    private const string MessageKind = "target-advanced";
    private const int MaxInText = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Where refs are in no files of their own, a poll costs a process.
    private static readonly TimeSpan ProcessInterval = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool asks = Directory.Exists(Path.Combine(session.Repository.CommonDirectory, "reftable"));
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                foreach (IGrouping<string, RunningAttempt> group in session.Host.Running.GroupBy(r => r.Target))
                {
                    await PollAsync([.. group], asks, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is IsolationException or IOException)
            {
                Log.TargetPollFailed(logger, session.Plan.TargetRef, e);
            }

            await Task.Delay(asks ? ProcessInterval : Interval, session.Plan.Time, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task PollAsync(RunningAttempt[] running, bool asks, CancellationToken cancellationToken)
    {
        string name = running[0].TargetRef;
        string? read = asks
            ? await session.Repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false)
            : RefReader.Read(session.Repository.CommonDirectory, name);
        if (read is not { } target)
        {
            return;
        }

        // An attempt that started from elsewhere knows no target yet: it hears of what comes from now on.
        foreach (RunningAttempt worker in running)
        {
            worker.LastNotified ??= target;
        }

        RunningAttempt[] behind = [.. running.Where(f => f.LastNotified != target)];
        if (behind.Length == 0)
        {
            return;
        }

        Dictionary<AttemptId, string> tips = behind.ToDictionary(f => f.Attempt, f => f.Tip(session.Repository));
        string[] moved = [.. behind.Where(f => tips[f.Attempt] != f.Base).Select(f => tips[f.Attempt])];
        IReadOnlyDictionary<string, IReadOnlySet<string>> own = await ChangedPaths
            .OfTipsAsync(session.Repository, moved, [target, .. behind.Select(f => f.Base)], cancellationToken)
            .ConfigureAwait(false);
        foreach (
            IGrouping<string, RunningAttempt> group in behind.GroupBy(f => f.LastNotified!, StringComparer.Ordinal)
        )
        {
            IReadOnlyList<string> paths = await ChangedPaths
                .BetweenAsync(session.Repository, group.Key, target, cancellationToken)
                .ConfigureAwait(false);
            foreach (RunningAttempt worker in group)
            {
                await NotifyAsync(worker, target, paths, own.GetValueOrDefault(tips[worker.Attempt]), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task NotifyAsync(
        RunningAttempt worker,
        string target,
        IReadOnlyList<string> paths,
        IReadOnlySet<string>? own,
        CancellationToken cancellationToken
    )
    {
        string[] both = own is null ? [] : [.. paths.Where(own.Contains)];
        TargetAdvanced advanced = new(worker.Target, worker.LastNotified!, target, [.. paths.Take(MaxPaths)])
        {
            More = paths.Count > MaxPaths,
            Overlapping = [.. both.Take(MaxPaths)],
        };
        worker.LastNotified = target;
        string text = Describe(advanced, paths.Count, both);
        WorkerMessage message = new(MessageKind, text) { TargetAdvanced = advanced };
        if (await session.Dispatcher.SendAsync(worker.Attempt, message, cancellationToken).ConfigureAwait(false))
        {
            session.Events.Publish(
                new WorkerEvent(worker.Attempt, default, WorkerEventKind.TargetAdvanced)
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
                : $"{Number(both.Length)} of them yours too: "
                    + $"{string.Join(", ", both.Take(MaxInText))}{(both.Length > MaxInText ? ", …" : "")}";
        return PlainText.SingleLine(
            $"{advanced.Target} is at {advanced.To[..12]} now; {Number(paths)} "
                + $"{(paths == 1 ? "path" : "paths")} changed, {overlap}.",
            PlainText.MaxLineLength
        );
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
