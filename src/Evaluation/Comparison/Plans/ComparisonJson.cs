using System.Text.Json.Serialization;

namespace ResearchFreeze.Evaluation;

/// <summary>A comparison's files in JSON, each written and read by one type.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ComparisonPlan))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
