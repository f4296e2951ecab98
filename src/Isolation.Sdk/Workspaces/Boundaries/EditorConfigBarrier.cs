using System.Text;

namespace Isolation.Sdk.Workspaces;

/// <summary>An <c>.editorconfig</c> that ends the search, with the sections that the canonical checkout inherits.</summary>
internal static class EditorConfigBarrier
{
    public static string Content(string? checkout)
    {
        List<string> inherited = [];
        foreach (string path in BarrierFiles.FindAllAbove(checkout, ".editorconfig"))
        {
            string[] lines = File.ReadAllLines(path);
            string[] below = Path.GetRelativePath(Path.GetDirectoryName(path)!, checkout!)
                .Split(Path.DirectorySeparatorChar);
            inherited.Insert(0, string.Join('\n', Moved(lines.Where(l => !IsRoot(l)), below)));
            if (lines.TakeWhile(l => !l.TrimStart().StartsWith('[')).Any(IsRoot))
            {
                break;
            }
        }

        StringBuilder content = new("root = true\n");
        foreach (string section in inherited)
        {
            content.Append('\n').Append(section.Trim('\n')).Append('\n');
        }

        return content.ToString();
    }

    /// <summary>The lines, with sections that name the way to the checkout naming the way to a workspace; what is about its neighbours only is left out.</summary>
    private static IEnumerable<string> Moved(IEnumerable<string> lines, string[] below)
    {
        bool applies = true;
        foreach (string line in lines)
        {
            string trimmed = line.Trim();
            if (trimmed.StartsWith('[') && trimmed.LastIndexOf(']') is > 0 and int end)
            {
                string? glob = EditorConfigGlob.Moved(trimmed[1..end], below);
                applies = glob is not null;
                if (applies)
                {
                    yield return glob == trimmed[1..end] ? line : $"[{glob}]";
                }
            }
            else if (applies)
            {
                yield return line;
            }
        }
    }

    private static bool IsRoot(string line)
    {
        string[] parts = line.Split('=', 2);
        return parts.Length == 2
            && parts[0].Trim().Equals("root", StringComparison.OrdinalIgnoreCase)
            && parts[1].Trim().Equals("true", StringComparison.OrdinalIgnoreCase);
    }
}
