using System.Text.Json.Serialization;

namespace ResearchFreeze.Evaluation;

/// <summary>An atlas's file in JSON, written and read by one type.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AtlasPlan))]
internal sealed partial class AtlasJson : JsonSerializerContext;
