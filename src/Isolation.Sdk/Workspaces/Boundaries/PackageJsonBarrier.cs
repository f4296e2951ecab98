using System.Text.Json;
using System.Text.Json.Nodes;

namespace Isolation.Sdk.Workspaces;

/// <summary>A <c>package.json</c> at which node's and npm's search ends; it says the module type that the canonical checkout inherits, and nothing else.</summary>
internal static class PackageJsonBarrier
{
    public static string Content(string? parent)
    {
        try
        {
            string? type = parent is null ? null : (string?)JsonNode.Parse(File.ReadAllText(parent))?["type"];
            return type is null ? "{}\n" : $"{{ \"type\": \"{JsonEncodedText.Encode(type)}\" }}\n";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "{}\n";
        }
    }
}
