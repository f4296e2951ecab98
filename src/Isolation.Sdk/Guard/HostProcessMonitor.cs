using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

/// <summary>
/// Says what changed in the host's process and who ran meanwhile. It accuses nobody: it may have been the host.
/// </summary>
internal sealed class HostProcessMonitor(Func<IReadOnlyDictionary<string, string>> read)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AttemptId, List<string>> _running = [];
    private IReadOnlyDictionary<string, string> _last = new Dictionary<string, string>();

    public void Enter(AttemptId attempt)
    {
        lock (_gate)
        {
            Scan();
            _running[attempt] = [];
        }
    }

    public IReadOnlyList<string> Leave(AttemptId attempt)
    {
        lock (_gate)
        {
            Scan();
            return _running.Remove(attempt, out List<string>? noticed) ? noticed : [];
        }
    }

    private void Scan()
    {
        IReadOnlyDictionary<string, string> now = read();
        foreach (string name in _running.Count == 0 ? [] : Difference.Keys(_last, now))
        {
            string change = Change(name, _last.GetValueOrDefault(name), now.GetValueOrDefault(name));
            IEnumerable<string> running = _running.Keys.Select(a => a.ToString()).Order(StringComparer.Ordinal);
            string notice = $"The process's {name} {change} while {string.Join(", ", running)} ran.";
            foreach (List<string> noticed in _running.Values)
            {
                noticed.Add(notice);
            }
        }

        _last = now;
    }

    private static string Change(string name, string? before, string? after) =>
        before is null ? "appeared"
        : after is null ? "is gone"
        : name.StartsWith(HostProcessFacts.Variable, StringComparison.Ordinal) ? "changed"
        : $"changed from {before} to {after}";
}
