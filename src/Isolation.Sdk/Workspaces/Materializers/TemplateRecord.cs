using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Sdk.Workspaces;

// It is written last and deleted first: a tree without one is garbage.
internal sealed record TemplateRecord(TemplateKind Kind, string Repository, string Commit, string Key, long Stamp)
{
    // Of its subvolume.
    public ulong? Generation { get; init; }

    public static string FileOf(string folder) => Path.Combine(folder, "tree.json");

    public static TemplateRecord? TryRead(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(FileOf(folder)), TreeJson.Default.TemplateRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    // Not flushed, as the files are not: what a machine that lost power has is compared before it is used.
    public void Write(string folder)
    {
        string fresh = FileOf(folder) + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(this, TreeJson.Default.TemplateRecord));
        File.Move(fresh, FileOf(folder), overwrite: true);
    }
}

internal enum TemplateKind
{
    Template,

    Idle,
}

[JsonSerializable(typeof(TemplateRecord))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
internal sealed partial class TreeJson : JsonSerializerContext;
