using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a recorded run's controller was at, for one that repeats the run's decisions, or a fork's, from there on: it measures nothing, so what the run's statistics had is left out.</summary>
public static class ForkedState
{
    private const string Statistics = "statistics";

    /// <summary>Writes a saved controller's state so that a controller with <see cref="FreezeOptions.Replay"/> goes on from it.</summary>
    /// <param name="saved">What <see cref="FreezeController.SaveState"/> wrote.</param>
    /// <param name="into">Gets the state.</param>
    /// <param name="step">The step after which it was saved: what the record has decided until then is made.</param>
    public static void Write(StateTree saved, StateTree into, int step)
    {
        ArgumentNullException.ThrowIfNull(saved);
        ArgumentNullException.ThrowIfNull(into);
        foreach ((string name, SafetensorsEntry entry) in saved.Entries)
        {
            string[] parts = name.Split('/');
            bool isUnit = parts.Length > 1 && parts[0].StartsWith("unit", StringComparison.Ordinal);
            if (name == Statistics) into.Set(name, "");
            else if (name.StartsWith("observer/probes/", StringComparison.Ordinal) || parts[0] == "replay" || (isUnit && parts[1] == Statistics)) continue;
            else if (isUnit && parts[1] == "observations") into.Set(name, [0, UnitState.Columns], Array.Empty<double>());
            else if (isUnit && parts[1] == "stretch") into.Set(name, 0L);
            else into.Set(name, entry);
        }
        into.Branch("replay").Set(Replay.Until, step);
    }
}
