using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rig.Terminal;

/// <summary>One way to write JSON: camelCase, enums as words, nothing for what is not known.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions OneLine = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    private static readonly JsonSerializerOptions Indented = new(OneLine) { WriteIndented = true };

    public static string Line<T>(T value) => JsonSerializer.Serialize(value, OneLine);

    public static string Document<T>(T value) => JsonSerializer.Serialize(value, Indented);
}
