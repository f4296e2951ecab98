using System.Text;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tracking;

internal static class WorkGraph
{
    private const int MaxIdLength = 1_000;
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(30);

    public static IReadOnlyList<IsolationFault> Check(IReadOnlyCollection<WorkItem> items)
    {
        List<IsolationFault> faults = [.. items.SelectMany(CheckItem)];
        WorkItem[] named = [.. items.Where(i => i?.BlockedBy is not null && IsValidId(i.Id))];
        Dictionary<string, WorkItem> byKey = new(StringComparer.Ordinal);
        Dictionary<string, WorkItem> bySlug = new(StringComparer.Ordinal);
        Dictionary<string, WorkItem> byId = new(StringComparer.Ordinal);
        foreach (WorkItem item in named)
        {
            WorkItem? twin = byId.GetValueOrDefault(item.Id)
                ?? byKey.GetValueOrDefault(TwinKey(item.Id))
                ?? bySlug.GetValueOrDefault(Slug.Of(item.Id));
            if (twin is not null)
            {
                faults.Add(Duplicate(item.Id, twin.Id));
            }

            byId.TryAdd(item.Id, item);
            byKey.TryAdd(TwinKey(item.Id), item);
            bySlug.TryAdd(Slug.Of(item.Id), item);
        }

        faults.AddRange(
            named.SelectMany(i =>
                i.BlockedBy.Where(b => b is not null && !byId.ContainsKey(b)).Select(b => Unknown(i.Id, b))
            )
        );
        faults.AddRange(FindCycles(named, id => byId.GetValueOrDefault(id)?.BlockedBy ?? []).Select(Cyclic));
        return faults;
    }

    internal static IEnumerable<IsolationFault> CheckItem(WorkItem? item)
    {
        if (item is null || !IsValidId(item.Id))
        {
            yield return new(
                TrackingCodes.BadId,
                $"'{Show(item?.Id)}' is not a valid item ID.",
                $"Give 1 to {MaxIdLength} characters, without control characters, and not only white space."
            );
        }

        if (item is null)
        {
            yield break;
        }

        foreach (string wrong in FindWrongProperties(item))
        {
            yield return new(
                TrackingCodes.BadProperty,
                $"Item '{Show(item.Id)}': {wrong}.",
                "Leave the property out, or give it a value."
            );
        }

        if (string.IsNullOrWhiteSpace(item.Title))
        {
            yield return new(
                TrackingCodes.EmptyTitle,
                $"Item '{Show(item.Id)}' has no title.",
                "Give it one line that says what it is."
            );
        }

        if (
            item.Paths is not null
            && (
                item.Paths.Count > DeclaredPaths.MaxCount || !item.Paths.All(p => p is null || DeclaredPaths.IsValid(p))
            )
        )
        {
            yield return new(
                TrackingCodes.BadPath,
                $"Item '{Show(item.Id)}' declares an invalid path, or more than {DeclaredPaths.MaxCount} paths.",
                "Give paths from the top of the repository, with forward slashes and without '.' or '..', "
                    + "as in src/api/ or docs/**/*.md."
            );
        }
    }

    // JSON can make a null of anything.
    private static IEnumerable<string> FindWrongProperties(WorkItem item)
    {
        (string Name, IEnumerable<object?>? Values)[] properties =
        [
            (nameof(item.Instructions), item.Instructions is null ? null : []),
            (nameof(item.BlockedBy), item.BlockedBy),
            (nameof(item.Paths), item.Paths),
            (nameof(item.Requires), item.Requires),
            (nameof(item.Data), item.Data?.Select(d => (object?)d.Value)),
        ];
        foreach ((string name, IEnumerable<object?>? values) in properties)
        {
            if (values?.Contains(null) != false)
            {
                yield return values is null ? $"{name} is null" : $"{name} contains null";
            }
        }

        if (item.Target is { } target && !BranchName.IsTarget(target))
        {
            yield return $"{nameof(item.Target)} '{Show(target)}' cannot be a branch name";
        }

        if (item.Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > MaxTimeout))
        {
            yield return $"{nameof(item.Timeout)} is {timeout}; it must be positive and at most {MaxTimeout.Days} days";
        }
    }

    internal static IsolationFault Duplicate(string id, string twin) =>
        id == twin
            ? new IsolationFault(
                TrackingCodes.DuplicateId,
                $"There are two items '{Show(id)}'.",
                "Give each item its own ID."
            )
            : new IsolationFault(
                TrackingCodes.DuplicateId,
                $"Items '{Show(twin)}' and '{Show(id)}' differ only in letter case or composition.",
                "Give each item an ID that nobody mistakes for another."
            );

    internal static IsolationFault Unknown(string id, string? blocker) =>
        new(
            TrackingCodes.UnknownBlocker,
            $"Item '{Show(id)}' is blocked by '{Show(blocker)}', which is not among the items.",
            "Add that item, or remove it from BlockedBy."
        );

    internal static IsolationFault Cyclic(IReadOnlyList<string> cycle) =>
        new(
            TrackingCodes.Cycle,
            $"Items wait for each other: {string.Join(" → ", cycle.Select(Show))}.",
            "Remove one of them from BlockedBy."
        );

    // Equal for ids that a person or a file system takes for the same.
    internal static string TwinKey(string id) =>
        (id.IsNormalized() ? id : id.Normalize(NormalizationForm.FormC)).ToUpperInvariant();

    // Every cycle once, as the path that closes it. Iterative: a chain of thousands is not a stack overflow.
    internal static IEnumerable<IReadOnlyList<string>> FindCycles(
        IEnumerable<WorkItem> items,
        Func<string, IReadOnlyList<string>> blockers
    )
    {
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (WorkItem start in items)
        {
            List<string> path = [];
            HashSet<string> onPath = new(StringComparer.Ordinal);
            Stack<(string Id, int Depth)> open = new([(start.Id, 0)]);
            while (open.TryPop(out (string Id, int Depth) next))
            {
                for (int i = path.Count - 1; i >= next.Depth; i--)
                {
                    done.Add(path[i]);
                    onPath.Remove(path[i]);
                    path.RemoveAt(i);
                }

                if (onPath.Contains(next.Id))
                {
                    yield return [.. path.SkipWhile(p => p != next.Id), next.Id];
                }
                else if (!done.Contains(next.Id))
                {
                    path.Add(next.Id);
                    onPath.Add(next.Id);
                    foreach (
                        string blocker in blockers(next.Id).Where(b => b is not null).Distinct(StringComparer.Ordinal)
                    )
                    {
                        open.Push((blocker, path.Count));
                    }
                }
            }

            done.UnionWith(path);
        }
    }

    private static bool IsValidId(string? id) =>
        !string.IsNullOrWhiteSpace(id) && id.Length <= MaxIdLength && !id.Any(char.IsControl) && IsWellFormed(id);

    // A lone surrogate has no UTF-8 form, so two such ids would become one.
    private static bool IsWellFormed(string id) => string.Concat(id.EnumerateRunes()) == id;

    private static string Show(string? id)
    {
        string shown = new([.. (id ?? "").Take(60).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);
        return id?.Length > 60 ? shown + "…" : shown;
    }
}
