using System.Text;

namespace Isolation.Sdk.Workspaces;

/// <summary>An <c>.editorconfig</c> that ends the search, with the sections that the canonical checkout inherits.</summary>
internal static class EditorConfigBarrier
{
    public static string Content(string? checkout)
    {
        List<string> inherited = [];
        foreach (string path in Barriers.FindAllAbove(checkout, ".editorconfig"))
        {
            string[] lines = File.ReadAllLines(path);
            inherited.Insert(0, string.Join('\n', lines.Where(l => !IsRoot(l))));
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

    private static bool IsRoot(string line)
    {
        string[] parts = line.Split('=', 2);
        return parts.Length == 2 && parts[0].Trim().Equals("root", StringComparison.OrdinalIgnoreCase) && parts[1].Trim().Equals("true", StringComparison.OrdinalIgnoreCase);
    }
}
