using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A controller's state as a tree: what it belongs to, and all there is. Loading reads and checks everything before anything is changed.</summary>
internal static class ControllerState
{
    public static void Save(ControllerParts parts, StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach ((string name, string text) in Identity(parts)) state.Set(name, text);
        parts.Replay?.Save(state.Branch("replay"));
        parts.Observer.Save(state.Branch("observer"));
        parts.Decider.Save(state.Branch("decider"));
        parts.Guard.Save(state.Branch("guard"));
        foreach (UnitState unit in parts.Observer.Units) unit.Save(state.Branch($"unit{unit.Unit.Index}"));
        parts.Applier.Save(state.Branch("decisions"));
        parts.Ledger.Save(state.Branch("ledger"));
        parts.Savings.Save(state.Branch("savings"));
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    public static Action Read(ControllerParts parts, StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach ((string name, string text) in Identity(parts)) state.Require(name, text);
        Action? replay = parts.Replay?.Read(state.Branch("replay"));
        // The rule's state first: who wrote it may have left the checks to its loading.
        Action[] changes =
        [
            parts.Decider.Read(state.Branch("decider")),
            parts.Observer.Read(state.Branch("observer")),
            parts.Guard.Read(state.Branch("guard")),
            .. parts.Observer.Units.Select(unit => unit.Read(state.Branch($"unit{unit.Unit.Index}"))),
            parts.Applier.Read(state.Branch("decisions")),
            parts.Ledger.Read(state.Branch("ledger")),
            parts.Savings.Read(state.Branch("savings")),
        ];
        return () =>
        {
            foreach (Action change in changes) change();
            replay?.Invoke();
        };
    }

    private static IEnumerable<(string Name, string Text)> Identity(ControllerParts parts)
    {
        yield return ("kind", "freeze-controller");
        yield return ("units", string.Join(", ", parts.Controlled.Units.Select(unit => unit.Path)));
        yield return ("criterion", With(parts.Criterion.Name, parts.Criterion.Settings));
        yield return ("rule", With(parts.Rule.Name, parts.Rule.Settings));
        yield return ("statistics", string.Join(", ", parts.Observer.Keys));
    }

    private static string With(string name, string settings) => settings.Length == 0 ? name : $"{name}:{settings}";
}
