using System.Text.Json.Serialization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>An update mask in a decision log: a character a part, 1 where it trains. A value, so that null in a list of them is one that is not there.</summary>
internal readonly record struct LogMask
{
    [JsonConverter(typeof(JsonWord<UpdateMaskAxis>))]
    public required UpdateMaskAxis Axis { get; init; }

    public required string Trains { get; init; }

    public static LogMask Of(UpdateMask mask) => new() { Axis = mask.Axis, Trains = string.Concat(mask.Trains.Select(part => part ? '1' : '0')) };

    public UpdateMask Recorded()
    {
        if (Trains.Length == 0 || Trains.AsSpan().ContainsAnyExcept('0', '1')) throw new FormatException($"'updateMasks' must have 0 and 1 a part in 'trains', found \"{Trains}\".");
        return UpdateMask.Of(Axis, [.. Trains.Select(part => part == '1')]);
    }
}
