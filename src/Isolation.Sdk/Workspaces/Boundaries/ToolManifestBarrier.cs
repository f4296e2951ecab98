using System.Text.Json;
using System.Text.Json.Nodes;

namespace Isolation.Sdk.Workspaces;

/// <summary>A manifest of .NET tools that ends the search, with the tools that the canonical checkout inherits.</summary>
internal static class ToolManifestBarrier
{
    public static string Content(IEnumerable<string> parents)
    {
        JsonObject tools = [];
        foreach (string path in parents)
        {
            JsonNode? manifest = Parse(path);
            foreach ((string name, JsonNode? tool) in manifest?["tools"] as JsonObject ?? [])
            {
                // The nearest manifest wins.
                tools.TryAdd(name, tool?.DeepClone());
            }

            if (manifest?["isRoot"] is JsonValue root && root.TryGetValue(out bool stop) && stop)
            {
                break;
            }
        }

        return $$"""{ "version": 1, "isRoot": true, "tools": {{tools.ToJsonString()}} }""" + "\n";
    }

    private static JsonNode? Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
