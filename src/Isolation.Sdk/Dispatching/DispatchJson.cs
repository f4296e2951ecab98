using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Isolation.Sdk.Dispatching;

// Half a document is refused, and so is one of a newer schema.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(WorkerAssignment))]
[JsonSerializable(typeof(AttemptReport))]
internal sealed partial class DispatchJson : JsonSerializerContext
{
    // The schema that this version writes, and the newest that it reads.
    public const int Schema = 1;

    public static T Parse<T>(
        ReadOnlySpan<byte> utf8Json,
        JsonTypeInfo<T> type,
        Func<T, (AttemptId Attempt, int Schema)> check
    )
        where T : class
    {
        T? read;
        try
        {
            read = JsonSerializer.Deserialize(utf8Json, type);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw Unreadable<T>(e.Message, e);
        }

        if (read is null)
        {
            throw Unreadable<T>("it is null", null);
        }

        (AttemptId attempt, int schema) = check(read);
        return schema is < 1 or > Schema ? throw UnknownSchema<T>(attempt, schema)
            : string.IsNullOrEmpty(attempt.Item) || attempt.Number < 1
                ? throw Unreadable<T>("it names no attempt", null)
            : read;
    }

    private static IsolationException Unreadable<T>(string why, Exception? inner) =>
        new(
            DispatchingCodes.Unreadable,
            $"This is not a complete {typeof(T).Name}: {why}",
            "Send the document as it was written, whole; update the machine that does not know all of it.",
            inner
        );

    private static IsolationException UnknownSchema<T>(AttemptId attempt, int schema) =>
        new(
            DispatchingCodes.UnknownSchema,
            $"The {typeof(T).Name} of {attempt} has schema {schema}; this version reads up to {Schema}.",
            "Update the machine that reads it."
        )
        {
            Attempt = attempt,
        };
}
