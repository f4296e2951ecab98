using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Sdk.Workspaces;

/// <summary>What a prepared tree is. It is written last and deleted first: a tree without one is garbage.</summary>
internal sealed record TemplateRecord(TemplateKind Kind, string Repository, string Commit, string Key, long Stamp)
{
    // The generation of its subvolume; null when it is an ordinary folder.
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

    // Writes it whole or not at all. It is not flushed to the disk, as the files are not: what a machine that lost
    // power has of them is compared before it is used.
    public void Write(string folder)
    {
        string fresh = FileOf(folder) + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(this, TreeJson.Default.TemplateRecord));
        File.Move(fresh, FileOf(folder), overwrite: true);
    }
}

/// <summary>What a prepared tree is for.</summary>
internal enum TemplateKind
{
    // Copied from, and never lent.
    Template,

    // Handed out as it is.
    Idle,
}

[JsonSerializable(typeof(TemplateRecord))]
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
internal sealed partial class TreeJson : JsonSerializerContext;
