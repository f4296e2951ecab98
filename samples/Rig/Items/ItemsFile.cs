using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Isolation.Sdk;
using Isolation.Sdk.Tracking;
using Rig.Terminal;

namespace Rig.Items;

/// <summary>Reads items.json; whatever is wrong with it is told with file and line, all at once.</summary>
internal static class ItemsFile
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <exception cref="IsolationConfigurationException">Everything that is wrong with the file.</exception>
    public static IReadOnlyList<WorkItem> Read(string path)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(
                path,
                null,
                $"cannot be read: {e.Message}",
                "Give the path of a JSON file with an array of items."
            );
        }

        List<LinedItem> items = Parse(path, text);
        if (items.Count == 0)
        {
            throw Fault(
                path,
                null,
                "has no items.",
                "Put at least one in: [{ \"id\": \"auth-123\", \"title\": \"Add login\", \"instructions\": \"…\" }]"
            );
        }

        WorkItem[] all = [.. items.Select(i => i.Item)];
        IReadOnlyList<IsolationFault> faults = WorkScheduler.Check(all);
        return faults.Count == 0
            ? all
            : throw new IsolationConfigurationException([
                .. faults.Select(f => f with { Message = $"{Where(path, LineOf(f, items))}: {f.Message}" }),
            ]);
    }

    private static List<LinedItem> Parse(string path, byte[] text)
    {
        ReadOnlySpan<byte> json = text.AsSpan(
            text.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0
        );
        Utf8JsonReader reader = new(
            json,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
        );
        List<LinedItem> items = [];
        int line = 1;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                throw Fault(
                    path,
                    1,
                    "is not an array of items.",
                    "Put them in square brackets: [{ \"id\": …, \"title\": … }]"
                );
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                line = 1 + json[..(int)reader.TokenStartIndex].Count((byte)'\n');
                Item item = JsonSerializer.Deserialize<Item>(ref reader, Strict)
                    ?? throw Fault(path, line, "null is no item.", "Take it out.");
                items.Add(new LinedItem(item.ToWorkItem(), line));
            }

            return reader.Read()
                ? throw Fault(
                    path,
                    1 + json[..(int)reader.TokenStartIndex].Count((byte)'\n'),
                    "something follows the array.",
                    "Take it out."
                )
                : items;
        }
        catch (JsonException e)
        {
            // What is no JSON is found by the reader, whose position counts from the file's start; what is no item,
            // from the item's.
            bool inFile = e.InnerException is JsonException || e.GetType() != typeof(JsonException);
            int at = (int)(e.LineNumber ?? 0) + (inFile ? 1 : line);
            throw Fault(
                path,
                at,
                Why(e),
                "Each item has id and title, and may have instructions, blockedBy, priority, base and paths."
            );
        }
    }

    private static string Why(JsonException e)
    {
        string message = e.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0].TrimEnd('.', '|', ' ');
        return message.Contains("could not be mapped", StringComparison.Ordinal)
                ? $"an item has no '{(e.Path ?? "").TrimStart('$', '.')}'."
            : message.Contains("missing required", StringComparison.Ordinal)
                ? $"the item lacks{message[(message.LastIndexOf(':') + 1)..]}."
            : message.Contains("could not be converted", StringComparison.Ordinal)
                ? $"'{(e.Path ?? "").TrimStart('$', '.')}' has a value of the wrong kind."
            : $"{message}.";
    }

    /// <summary>The line of the item that a fault is about: the last one of two twins, the first one of a
    /// cycle.</summary>
    private static int? LineOf(IsolationFault fault, List<LinedItem> items)
    {
        LinedItem[] named = [.. items.Where(i => Names(fault.Message, i.Item.Id))];
        return (fault.Code == "ISO0702" ? named.LastOrDefault() : named.FirstOrDefault())?.Line;
    }

    private static bool Names(string message, string id) =>
        message.Contains($"'{id}'", StringComparison.Ordinal)
        || message.Contains($": {id} →", StringComparison.Ordinal);

    private static string Where(string path, int? line) => line is null ? path : $"{path}:{line}";

    private static IsolationConfigurationException Fault(string path, int? line, string what, string remedy) =>
        new([new IsolationFault(RigCodes.Items, $"{Where(path, line)}: {what}", remedy)]);

    private sealed record LinedItem(WorkItem Item, int Line);
}
