using System.Text.Json.Serialization;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A decision log's line of a change: a <see cref="DecisionEntry"/>.</summary>
internal sealed record LogChange
{
    public required int Step { get; init; }

    public required int Unit { get; init; }

    public required string Path { get; init; }

    [JsonConverter(typeof(JsonWord<FreezeAction>))]
    public required FreezeAction Action { get; init; }

    public required string Trigger { get; init; }

    public string? Reason { get; init; }

    public float? LearningRate { get; init; }

    public double? Score { get; init; }

    public float? RateScale { get; init; }

    [JsonConverter(typeof(JsonWord<OnFreeze>))]
    public OnFreeze? StateAction { get; init; }

    public double? CutRate { get; init; }

    public double? Price { get; init; }

    public int? RestoredStep { get; init; }

    public IReadOnlyList<LogMask?>? UpdateMasks { get; init; }

    public LogObservation? Observation { get; init; }

    public static LogChange Of(DecisionEntry entry) => new()
    {
        Step = entry.Step,
        Unit = entry.Unit,
        Path = entry.Path,
        Action = entry.Action,
        Trigger = entry.Trigger,
        Reason = entry.Reason,
        LearningRate = float.IsFinite(entry.LearningRate) ? entry.LearningRate : null,
        Score = LogLines.Finite(entry.Score),
        RateScale = entry.RateScale,
        StateAction = entry.StateAction,
        CutRate = entry.CutRate,
        Price = LogLines.Finite(entry.Price),
        RestoredStep = entry.RestoredStep,
        UpdateMasks = entry.UpdateMasks is { } masks ? [.. masks.Select(mask => mask is null ? (LogMask?)null : LogMask.Of(mask))] : null,
        Observation = entry.Observation is { } observation ? LogObservation.Of(observation) : null,
    };

    public DecisionEntry Entry() => new(Step, Unit, Path, Action, Trigger, Reason, LearningRate ?? float.NaN, Score ?? double.NaN, Observation?.Recorded())
    {
        RateScale = RateScale,
        StateAction = StateAction,
        CutRate = CutRate,
        Price = Price,
        RestoredStep = RestoredStep,
        UpdateMasks = UpdateMasks is { } masks ? [.. masks.Select(mask => mask?.Recorded())] : null,
    };
}
