using System.Text.Json.Serialization;

namespace ResearchFreeze.Training;

/// <summary>A run's files in JSON, each written and read by one type.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunData))]
[JsonSerializable(typeof(RunEnvironment))]
[JsonSerializable(typeof(RunSettings))]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class RunJson : JsonSerializerContext;
