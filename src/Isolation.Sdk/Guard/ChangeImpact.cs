using Isolation.Sdk.Git;

namespace Isolation.Sdk.Guard;

// Whose work a change could have altered. What a worker's own environment sets, the shared file cannot.
internal static class ChangeImpact
{
    private const string Lock = ".lock";
    private static readonly string[] OfTheCheckout = ["HEAD", "index", "config.worktree", "info/sparse-checkout"];

    // null: a person or a tool may do it at any time, and no worker's work depends on it.
    public static Func<MonitoredWorker, bool>? Of(SharedStateChange change)
    {
        string name = change.What.EndsWith(Lock, StringComparison.Ordinal) ? change.What[..^Lock.Length] : change.What;
        bool Is(string prefix) => name.StartsWith(prefix, StringComparison.Ordinal);

        return OfTheCheckout.Contains(name) || Is("checkout: ") ? null
            : Is(ChangedSettings.Prefix) ? ReaderOf(change)
            : name == "refs/stash" ? Nobody
            : Is("refs/") && !Is("refs/replace/") ? null
            : Is("hooks") ? w => ReadsRepository(w) && !w.Pins("core.hookspath")
            : Is("rr-cache") ? w => ReadsRepository(w) && !w.Pins("rerere.enabled")
            : Is("worktrees/") && !WorktreeSnapshotReader.IsUnfinished(name) ? null
            : name == "shallow" && change.After is null ? null
            : Is("objects") || Path.IsPathFullyQualified(name) ? Everybody
            : ReadsRepository;
    }

    private static Func<MonitoredWorker, bool> ReaderOf(SharedStateChange change)
    {
        string key = change.What[ChangedSettings.Prefix.Length..];
        return
            SharedSettings.IsInfluential(key, change.After)
            || (change.Before is not null && SharedSettings.IsInfluential(key, change.Before))
            ? w => ReadsRepository(w) && !w.Pins(key)
            : Nobody;
    }

    private static bool ReadsRepository(MonitoredWorker worker) => !worker.Workspace.HasOwnRepository;

    private static bool Everybody(MonitoredWorker worker) => true;

    private static bool Nobody(MonitoredWorker worker) => false;
}
