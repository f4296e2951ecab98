using Isolation.Sdk.Dispatching;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Scheduling;

internal sealed class OverlapNotifier(WorkerEventHub events, ILogger logger)
{
    private const int MaxInText = 3;
    private readonly Lock _gate = new();
    private readonly Dictionary<(AttemptId Worker, AttemptId With), string> _notified = [];

    // An overlap that a whole scan no longer names is over.
    public IReadOnlyList<Overlap> Notify(IReadOnlyList<RunningAttempt> running, IReadOnlyList<Overlap> found)
    {
        HashSet<AttemptId> here = [.. running.Select(f => f.Attempt)];
        lock (_gate)
        {
            HashSet<(AttemptId, AttemptId)> named =
            [
                .. found.SelectMany(o => new[] { (o.First, o.Second), (o.Second, o.First) }),
            ];
            foreach ((AttemptId worker, AttemptId with) in _notified.Keys.Where(k => !named.Contains(k)).ToArray())
            {
                _notified.Remove((worker, with));
                if (here.Contains(worker))
                {
                    Publish(worker, with, "none", null);
                }
            }

            foreach (Overlap overlap in found)
            {
                NotifyBoth(overlap, here);
            }
        }

        return found;
    }

    public void Notify(RunningAttempt first, RunningAttempt second, Overlap overlap)
    {
        lock (_gate)
        {
            NotifyBoth(overlap, [first.Attempt, second.Attempt]);
        }
    }

    private void NotifyBoth(Overlap overlap, HashSet<AttemptId> here)
    {
        string where =
            string.Join(", ", overlap.Paths.Take(MaxInText)) + (overlap.Paths.Count > MaxInText ? ", …" : "");
        bool news = false;
        foreach (
            (AttemptId worker, AttemptId with) in new[]
            {
                (overlap.First, overlap.Second),
                (overlap.Second, overlap.First),
            }.Where(p => here.Contains(p.Item1))
        )
        {
            string verb = overlap.Kind switch
            {
                OverlapKind.Collides => "collides",
                OverlapKind.Declared => "may overlap",
                _ => "overlaps",
            };
            string text = PlainText.SingleLine($"{verb} with {with} in {where}", PlainText.MaxLineLength);
            if (_notified.GetValueOrDefault((worker, with)) != text)
            {
                _notified[(worker, with)] = text;
                Publish(worker, with, overlap.Kind.ToString(), text);
                news = true;
            }
        }

        if (news)
        {
            Log.Overlaps(logger, overlap.First, overlap.Second, overlap.Kind.ToString(), where);
        }
    }

    private void Publish(AttemptId worker, AttemptId with, string kind, string? text) =>
        events.Publish(
            new WorkerEvent(worker, default, WorkerEventKind.Overlap)
            {
                Text = text,
                Data = new Dictionary<string, string> { ["with"] = with.ToString(), ["kind"] = kind },
            }
        );
}
