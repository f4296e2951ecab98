using System.Globalization;
using System.Net.NetworkInformation;

namespace Isolation.Sdk.Testing;

/// <summary>What was there at one moment, to compare with later.</summary>
public sealed class LeakSnapshot
{
    private readonly string _repository;
    private readonly LeakScope _scope;
    private readonly IReadOnlyList<string> _folders;
    private HashSet<Leak> _before = [];

    internal LeakSnapshot(string repository, LeakScope scope, IReadOnlyList<string> folders)
    {
        _repository = repository;
        _scope = scope;
        _folders = folders;
    }

    /// <summary>What this operating system does not let anyone see, so that nothing can be said about it.</summary>
    public IReadOnlyList<string> NotWatched { get; } =
        ProcessScanner.CanRead ? [] : ["processes, and the ports they hold"];

    /// <summary>Compares with now.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What is there now and was not before, after the grace.</returns>
    public async Task<IReadOnlyList<Leak>> FindLeaksAsync(CancellationToken cancellationToken = default)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Leak[] leaks =
            [
                .. (await ScanAsync(cancellationToken).ConfigureAwait(false))
                    .Except(_before)
                    .OrderBy(l => l.Kind)
                    .ThenBy(l => l.What, StringComparer.Ordinal),
            ];
            if (leaks.Length == 0 || TimeProvider.System.GetElapsedTime(start) >= _scope.Grace)
            {
                return leaks;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Compares with now, and throws if anything is there that was not before.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LeakException">Something leaked; the message lists exactly what.</exception>
    public async Task AssertNothingLeakedAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Leak> leaks = await FindLeaksAsync(cancellationToken).ConfigureAwait(false);
        if (leaks.Count > 0)
        {
            throw new LeakException(leaks);
        }
    }

    internal async Task TakeAsync(CancellationToken cancellationToken) =>
        _before = await ScanAsync(cancellationToken).ConfigureAwait(false);

    private async Task<HashSet<Leak>> ScanAsync(CancellationToken cancellationToken)
    {
        string common = GitDirectories.Common(_repository);
        string refs = await PlainGit
            .RunAsync(common, ["for-each-ref", "--format=%(refname) %(objectname)"], cancellationToken)
            .ConfigureAwait(false);
        HashSet<Leak> seen = [.. refs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Ref)];
        seen.UnionWith(Entries(Path.Combine(common, "worktrees")).Select(p => new Leak(LeakKind.Worktree, PlaceOf(p))));
        seen.UnionWith(
            Entries(Path.Combine(common, "isolation", "leases"))
                .Where(p => p.EndsWith(".json", StringComparison.Ordinal))
                .Select(p => new Leak(LeakKind.Lease, Path.GetFileNameWithoutExtension(p)))
        );
        seen.UnionWith(
            _folders
                .SelectMany(Entries)
                .Where(p => !_scope.MayAppear.Contains(Path.GetFileName(p), StringComparer.Ordinal))
                .Select(p => new Leak(LeakKind.File, p))
        );
        foreach (WatchedProcess process in ProcessScanner.Find(_folders, _scope.ProcessMarker))
        {
            seen.Add(new Leak(LeakKind.Process, process.ToString()));
            seen.UnionWith(
                process.Ports.Select(p => new Leak(
                    LeakKind.Port,
                    string.Create(CultureInfo.InvariantCulture, $"{p}, held by {process}")
                ))
            );
        }

        IEnumerable<int> listening =
            _scope.Ports.Count == 0
                ? []
                : IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(e => e.Port);
        seen.UnionWith(
            _scope
                .Ports.Intersect(listening)
                .Select(p => new Leak(LeakKind.Port, p.ToString(CultureInfo.InvariantCulture)))
        );
        return seen;
    }

    private static Leak Ref(string line) =>
        new(line.StartsWith("refs/heads/", StringComparison.Ordinal) ? LeakKind.Branch : LeakKind.Ref, line);

    private static string[] Entries(string folder) =>
        Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];

    private static string PlaceOf(string registration)
    {
        string pointer = Path.Combine(registration, "gitdir");
        return File.Exists(pointer) ? File.ReadAllText(pointer).Trim() : registration;
    }
}
