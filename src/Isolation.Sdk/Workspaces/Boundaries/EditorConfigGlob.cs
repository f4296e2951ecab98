using System.Text;
using System.Text.RegularExpressions;

namespace Isolation.Sdk.Workspaces;

/// <summary>The name of a section: a pattern for paths below the folder of its file, or for names anywhere below it when there is no slash in it.</summary>
internal static class EditorConfigGlob
{
    // Where work trees are below the workers' folder: workspaces, and the slots of merge queues.
    private const string WorkTrees = "{*/work,.gates/*/*}";

    /// <summary>The pattern that matches in a work tree what this one matches in the checkout.</summary>
    /// <param name="glob">The pattern.</param>
    /// <param name="below">The folders from the pattern's own down to the checkout.</param>
    /// <returns><see langword="null"/> when it matches nothing in the checkout.</returns>
    public static string? Moved(string glob, IReadOnlyList<string> below)
    {
        if (!glob.Contains('/', StringComparison.Ordinal))
        {
            return glob;
        }

        string[] parts = [.. Parts(glob.StartsWith('/') ? glob[1..] : glob)];
        int next = 0;
        foreach (string folder in below)
        {
            if (next >= parts.Length - 1 || parts[next].Contains("**", StringComparison.Ordinal))
            {
                break;
            }

            if (!Matches(parts[next], folder))
            {
                return null;
            }

            next++;
        }

        if (next == below.Count)
        {
            return $"{WorkTrees}/{string.Join('/', parts.Skip(next))}";
        }

        // Two stars stand for any way down, also for the one to a work tree.
        int stars = parts[next].LastIndexOf("**", StringComparison.Ordinal);
        return stars < 0 ? null : string.Join('/', parts.Skip(next + 1).Prepend(parts[next][stars..]));
    }

    /// <summary>Between the slashes, but for those in braces and brackets.</summary>
    private static IEnumerable<string> Parts(string glob)
    {
        int depth = 0,
            start = 0;
        for (int i = 0; i < glob.Length; i++)
        {
            depth +=
                glob[i] is '{' or '[' ? 1
                : glob[i] is '}' or ']' ? -1
                : 0;
            if (glob[i] == '/' && depth <= 0)
            {
                yield return glob[start..i];
                start = i + 1;
            }
        }

        yield return glob[start..];
    }

    private static bool Matches(string part, string folder)
    {
        StringBuilder pattern = new("^");
        int braces = 0;
        foreach (char c in part)
        {
            braces +=
                c == '{' ? 1
                : c == '}' ? -1
                : 0;
            pattern.Append(
                c switch
                {
                    '*' => ".*",
                    '?' => ".",
                    '{' => "(",
                    '}' => ")",
                    ',' when braces > 0 => "|",
                    '[' or ']' => c.ToString(),
                    '!' => "^",
                    _ => Regex.Escape(c.ToString()),
                }
            );
        }

        try
        {
            return Regex.IsMatch(folder, pattern.Append('$').ToString(), RegexOptions.None, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
