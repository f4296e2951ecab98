using System.Text.Json;
using System.Text.Json.Nodes;

namespace Isolation.Sdk.Workspaces;

// They say what the canonical checkout inherits; what cannot be read there says nothing here either.
internal static class JsonBarriers
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public static string GlobalJson(string parent)
    {
        string text = File.ReadAllText(parent);
        return Try(() =>
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
        }) ?? text;
    }

    public static string PackageJson(string? parent) =>
        parent is not null && Try(() => (string?)JsonNode.Parse(File.ReadAllText(parent))?["type"]) is { } type
            ? $"{{ \"type\": \"{JsonEncodedText.Encode(type)}\" }}\n"
            : "{}\n";

    // The nearest manifest wins.
    public static string ToolManifest(IEnumerable<string> parents)
    {
        JsonObject tools = [];
        foreach (string path in parents)
        {
            JsonNode? manifest = Try(() => JsonNode.Parse(File.ReadAllText(path)));
            foreach ((string name, JsonNode? tool) in manifest?["tools"] as JsonObject ?? [])
            {
                tools.TryAdd(name, tool?.DeepClone());
            }

            if (manifest?["isRoot"] is JsonValue root && root.TryGetValue(out bool stop) && stop)
            {
                break;
            }
        }

        return $$"""{ "version": 1, "isRoot": true, "tools": {{tools.ToJsonString()}} }""" + "\n";
    }

    private static T? Try<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
