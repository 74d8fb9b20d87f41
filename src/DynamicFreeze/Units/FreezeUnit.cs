using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What freezes and thaws as one. Every parameter belongs to exactly one; a tied one to the first that uses it.</summary>
public sealed class FreezeUnit
{
    private readonly ParameterPin[] pins;
    private readonly float[] pinnedScales;

    private FreezeUnit(int index, string path, IReadOnlyList<NamedParameter> uses, IReadOnlyList<Parameter> parameters)
    {
        Index = index;
        Path = path;
        Uses = uses;
        Parameters = parameters;
        Elements = parameters.Sum(parameter => (long)parameter.Shape.Count);
        pins = new ParameterPin[parameters.Count];
        pinnedScales = new float[parameters.Count];
    }

    /// <summary>The place in the model, from 0 at the input.</summary>
    public int Index { get; }

    /// <summary>The unit's name: the path of its block, module or parameter.</summary>
    public string Path { get; }

    /// <summary>The parameters that belong to it.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Elements of its parameters.</summary>
    public long Elements { get; }

    /// <summary>Whether it is (part of) the model's last block with parameters of its own, which is never frozen.</summary>
    public bool IsHead { get; private set; }

    /// <summary>Whether all its parameters are frozen.</summary>
    public bool IsFrozen
    {
        get
        {
            // Asked several times a step: a loop allocates nothing.
            for (int i = 0; i < Parameters.Count; i++)
            {
                if (!Parameters[i].IsFrozen) return false;
            }
            return true;
        }
    }

    /// <summary>Whether all of it is the user's: no rule, filter, trigger, trial step or probe changes it.</summary>
    public bool IsPinned => Array.TrueForAll(pins, pin => (pin & ParameterPin.Flag) != 0);

    /// <summary>What is pinned, in words: the unit's path where all of it is, else parameters, each with what of it.</summary>
    public IReadOnlyList<string> Pinned
    {
        get
        {
            string[] words = [.. Enumerable.Range(0, pins.Length).Select(InWords)];
            if (words[0].Length > 0 && Array.TrueForAll(words, word => word == words[0])) return [$"{Path} ({words[0]})"];
            return [.. Enumerable.Range(0, pins.Length).Where(i => words[i].Length > 0).Select(i => $"{Parameters[i].Path} ({words[i]})")];
        }
    }

    /// <summary>The number under which the device books its work, from the controller's start on.</summary>
    internal int Number { get; set; }

    /// <summary>Told of pins by hand while a controller runs.</summary>
    internal Action<FreezeUnit, bool>? PinChanged { get; set; }

    /// <summary>Every parameter that the unit uses, also those that belong to an earlier unit because they are tied.</summary>
    internal IReadOnlyList<NamedParameter> Uses { get; private set; }

    /// <summary>The place of the model's last child that belongs to the unit, those without parameters behind it included; −1 where there is none.</summary>
    internal int LastBlock { get; private set; } = -1;

    /// <summary>Leaves the unit as it is from now on, frozen or in training, with its rate scales and masks, whatever a rule or trigger wants.</summary>
    public void Pin()
    {
        Array.Fill(pins, ParameterPin.All);
        PinChanged?.Invoke(this, true);
    }

    /// <summary>Lets rules and triggers decide about all of the unit again, also about what the user had frozen.</summary>
    public void Unpin()
    {
        Array.Clear(pins);
        PinChanged?.Invoke(this, false);
    }

    /// <summary>What of a parameter of the unit, by its place, is pinned.</summary>
    public ParameterPin PinOf(int parameter) => pins[parameter];

    /// <summary>The rate scale of a parameter when it was pinned.</summary>
    internal float PinnedScaleOf(int parameter) => pinnedScales[parameter];

    internal void SetPin(int parameter, ParameterPin pin, float rateScale = 1)
    {
        pins[parameter] = pin;
        pinnedScales[parameter] = rateScale;
    }

    /// <summary>Whether something that is not pinned has to change for the unit to be frozen, or to train.</summary>
    internal bool CanBecome(bool frozen)
    {
        for (int i = 0; i < pins.Length; i++)
        {
            if ((pins[i] & ParameterPin.Flag) == 0 && Parameters[i].IsFrozen != frozen) return true;
        }
        return false;
    }

    /// <summary>Whether the user keeps a parameter frozen.</summary>
    internal bool IsPinnedFrozen(int parameter) => (pins[parameter] & ParameterPin.Flag) != 0 && Parameters[parameter].IsFrozen;

    /// <summary>Divides a model into its blocks: <see cref="UnitDivision.Blocks"/>.</summary>
    public static IReadOnlyList<FreezeUnit> Of(ModuleBase model) => Of(model, UnitDivision.Blocks);

    /// <summary>Divides a model, and changes nothing in it.</summary>
    /// <exception cref="ArgumentException">The model has no parameters, or a parameter belongs to no unit.</exception>
    public static IReadOnlyList<FreezeUnit> Of(ModuleBase model, UnitDivision division)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(division);
        var units = new List<FreezeUnit>();
        var owned = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
        foreach (UnitGroup group in division.Divide(model))
        {
            Parameter[] parameters = [.. group.Uses.Select(named => named.Parameter).Where(owned.Add)];
            if (parameters.Length == 0)
            {
                // All of it is tied to earlier units: it joins the unit before it, whose fate it shares, as a head that reuses the embedding does.
                if (units.Count > 0) units[^1].Uses = [.. units[^1].Uses, .. group.Uses];
                continue;
            }
            units.Add(new FreezeUnit(units.Count, group.Path, group.Uses, parameters));
        }
        if (units.Count == 0) throw new ArgumentException($"Units: model {model} has no parameters.");
        foreach (NamedParameter named in model.NamedParameters())
        {
            if (!owned.Contains(named.Parameter)) throw new ArgumentException($"Units: '{named.Path}' belongs to no unit of this division.");
        }
        FindHead(model, units);
        FindBlocks(model, units);
        return units;
    }

    /// <summary>For example <c>2: fc3</c>.</summary>
    public override string ToString() => $"{Index}: {Path}";

    private string InWords(int i)
    {
        var words = new List<string>();
        if ((pins[i] & ParameterPin.Flag) != 0) words.Add(Parameters[i].IsFrozen ? "frozen" : "trains");
        if (pins[i] == ParameterPin.All) return words[0];
        if ((pins[i] & ParameterPin.Rate) != 0) words.Add(FormattableString.Invariant($"rate scale {pinnedScales[i]:G4}"));
        if ((pins[i] & ParameterPin.Mask) != 0) words.Add("update mask");
        return string.Join(", ", words);
    }

    private static void FindHead(ModuleBase model, List<FreezeUnit> units)
    {
        units[^1].IsHead = true;
        if (model.Children.LastOrDefault(child => child.HasParameters) is not { } last) return;
        var inside = new HashSet<Parameter>(last.Parameters(), ReferenceEqualityComparer.Instance);
        foreach (ModuleBase child in model.Children.Where(child => child != last)) inside.ExceptWith(child.Parameters());
        foreach (FreezeUnit unit in units.Where(unit => unit.Parameters.All(inside.Contains))) unit.IsHead = true;
    }

    private static void FindBlocks(ModuleBase model, List<FreezeUnit> units)
    {
        FreezeUnit? current = null;
        for (int i = 0; i < model.Children.Count; i++)
        {
            var here = new HashSet<Parameter>(model.Children[i].Parameters(), ReferenceEqualityComparer.Instance);
            FreezeUnit[] inside = [.. units.Where(unit => unit.Parameters.Any(here.Contains))];
            if (inside.Length > 0) current = inside[^1];
            foreach (FreezeUnit unit in inside) unit.LastBlock = i;
            if (inside.Length == 0 && current is not null)
            {
                // A child without parameters joins what is before it, all units of the block before alike.
                foreach (FreezeUnit unit in units.Where(unit => unit.LastBlock == i - 1)) unit.LastBlock = i;
            }
        }
    }
}
