using System.Text.Json.Serialization;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The lines of a decision log, each written and read by one type. What is null is left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LogHead))]
[JsonSerializable(typeof(LogEnd))]
[JsonSerializable(typeof(LogCheck))]
[JsonSerializable(typeof(LogChange))]
[JsonSerializable(typeof(LogRates))]
internal sealed partial class LogLines : JsonSerializerContext
{
    /// <summary>JSON has neither infinity nor NaN.</summary>
    public static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
