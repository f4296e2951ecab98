using System.Text.Json;
using System.Text.Json.Nodes;

namespace Isolation.Sdk.Workspaces;

/// <summary>A <c>global.json</c> that ends the search and says what the canonical checkout inherits; folders of SDKs, which are relative to the file, are written out.</summary>
internal static class GlobalJsonBarrier
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public static string Content(string parent)
    {
        string text = File.ReadAllText(parent);
        try
        {
            JsonNode? root = JsonNode.Parse(text, documentOptions: Lenient);
            if (root?["sdk"]?["paths"] is not JsonArray paths)
            {
                return text;
            }

            for (int i = 0; i < paths.Count; i++)
            {
                if ((string?)paths[i] is { } path && path != "$host$")
                {
                    paths[i] = Path.GetFullPath(path, Path.GetDirectoryName(parent)!);
                }
            }

            return root.ToJsonString() + "\n";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What the tools make of it they make of it here too.
            return text;
        }
    }
}
