using System.Text.Json.Serialization;

namespace ResearchFreeze.Evaluation;

/// <summary>A claim's file in JSON, written and read by one type.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ClaimRecord))]
internal sealed partial class ClaimJson : JsonSerializerContext;
