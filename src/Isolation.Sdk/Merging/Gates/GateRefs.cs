using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>Branches and tags as they were before a gate, to say which of them moved meanwhile.</summary>
internal sealed class GateRefs(QueueContext context)
{
    private const int MaxNamed = 20;
    private static readonly string[] Prefixes = ["refs/heads/", "refs/tags/"];
    private readonly Dictionary<string, string> _before = Read(context);

    /// <summary>What moved and belongs to nobody: not the target, which the queue moves and looks after itself, and no branch that is checked out, which its owner moves.</summary>
    public IReadOnlyList<string> FindMoved()
    {
        Dictionary<string, string> now = Read(context);
        string[] moved =
        [
            .. now
                .Keys.Union(_before.Keys)
                .Where(r => r != context.Names.Target && now.GetValueOrDefault(r) != _before.GetValueOrDefault(r)),
        ];
        if (moved.Length == 0)
        {
            return [];
        }

        HashSet<string> owned = [.. Heads(context.Repository.CommonDirectory)];
        return [.. moved.Where(r => !owned.Contains(r)).Order(StringComparer.Ordinal).Take(MaxNamed)];
    }

    private static Dictionary<string, string> Read(QueueContext context)
    {
        Dictionary<string, string> refs = new(StringComparer.Ordinal);
        foreach (string prefix in Prefixes)
        {
            RefReader.ReadAll(context.Repository.CommonDirectory, refs, prefix);
        }

        return refs;
    }

    private static IEnumerable<string> Heads(string common)
    {
        string worktrees = Path.Combine(common, "worktrees");
        foreach (
            string directory in (Directory.Exists(worktrees) ? Directory.EnumerateDirectories(worktrees) : []).Prepend(
                common
            )
        )
        {
            string head = "";
            try
            {
                head = File.ReadAllText(Path.Combine(directory, "HEAD")).Trim();
            }
            catch (IOException)
            {
                // Being made or being removed this moment.
            }

            if (head.StartsWith("ref: ", StringComparison.Ordinal))
            {
                yield return head["ref: ".Length..];
            }
        }
    }
}
