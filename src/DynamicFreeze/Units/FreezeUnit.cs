using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What freezes and thaws as one. Every parameter belongs to exactly one; modules that share a parameter are in one.</summary>
public sealed class FreezeUnit
{
    private readonly ParameterPin[] pins;
    private readonly float[] pinnedScales;
    private IResidualBranch[] branches = [];

    private FreezeUnit(int index, UnitGroup group, bool isHead, bool isEmbedding, string? tiedHead)
    {
        Index = index;
        Path = group.Path;
        Parameters = group.Parameters;
        IsHead = isHead;
        IsEmbedding = isEmbedding;
        TiedHead = tiedHead;
        Elements = Parameters.Sum(parameter => (long)parameter.Shape.Count);
        pins = new ParameterPin[Parameters.Count];
        pinnedScales = new float[Parameters.Count];
    }

    /// <summary>The place in the model, from 0 at the input.</summary>
    public int Index { get; }

    /// <summary>The unit's name: the path of its block, module or parameter; of tied ones, all of their paths: <c>embed+head</c>.</summary>
    public string Path { get; }

    /// <summary>The parameters that belong to it.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Elements of its parameters.</summary>
    public long Elements { get; }

    /// <summary>Whether it is (part of) what alone feeds the loss, or was named so (<see cref="UnitDivision.WithHead"/>): it is never frozen.</summary>
    public bool IsHead { get; }

    /// <summary>Whether it has what turns tokens, places or patches into vectors: a parameter of an <see cref="Embedding"/>, of <see cref="LearnedPositions"/> or of a <see cref="PatchEmbedding"/>.</summary>
    public bool IsEmbedding { get; }

    /// <summary>The path of the model's last block, where the unit has a parameter of it that an earlier block has too: tied, it is no head unless it is named (<see cref="UnitDivision.WithHead"/>), and may be frozen. Null: it is none such.</summary>
    public string? TiedHead { get; }

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

    /// <summary>Whether it has a branch that a residual sum leads around, so that it can be cut: the third state beside training and frozen.</summary>
    public bool CanCut => branches.Length > 0;

    /// <summary>Whether its branches pass no gradient on in the next step. Frozen and cut, it has no backward pass at all; what lies upstream trains with a gradient that lacks the branches' part.</summary>
    public bool IsCut => branches.Length > 0 && Array.TrueForAll(branches, branch => branch.IsCut);

    /// <summary>In what part of the steps its branches are cut, as a decision said: 0 in none, 1 in all, else drawn in each step. What a user cuts by hand is no part of it.</summary>
    public double CutRate { get; internal set; }

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

    /// <summary>
    /// The place of the model's last module that belongs to the unit, those without parameters behind it included, in the order in which an <see cref="IObservedChain"/> hands out their outputs; −1 where it hands out none.
    /// </summary>
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

    internal void SetCut(bool isCut)
    {
        foreach (IResidualBranch branch in branches) branch.IsCut = isCut;
    }

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
    /// <exception cref="ArgumentException">The model has no parameters, a parameter belongs to no unit, or the head is named and is none.</exception>
    public static IReadOnlyList<FreezeUnit> Of(ModuleBase model, UnitDivision division)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(division);
        IReadOnlyList<UnitGroup> groups = TiedGroups.Join(division.Divide(model));
        if (groups.Count == 0) throw new ArgumentException($"Units: model {model} has no parameters.");
        var owned = new HashSet<Parameter>(groups.SelectMany(group => group.Parameters), ReferenceEqualityComparer.Instance);
        foreach (NamedParameter named in model.NamedParameters())
        {
            if (!owned.Contains(named.Parameter)) throw new ArgumentException($"Units: '{named.Path}' belongs to no unit of this division.");
        }
        bool[] heads = division.FindHeads(model, groups);
        var tables = new HashSet<Parameter>(model.Modules().Where(module => module is Embedding or LearnedPositions or PatchEmbedding).SelectMany(module => module.Parameters()), ReferenceEqualityComparer.Instance);
        (string last, IReadOnlySet<Parameter> shared) = division.FindTied(model);
        FreezeUnit[] units = [.. groups.Select((group, i) => new FreezeUnit(i, group, heads[i], group.Parameters.Any(tables.Contains), group.Parameters.Any(shared.Contains) ? last : null))];
        if (model is IObservedChain chain) FindBlocks(chain, units);
        foreach (ModuleBase module in model.Modules())
        {
            if (module is not IResidualBranch branch || !module.HasParameters) continue;
            // A branch of which another unit has a part is nobody's to cut.
            FreezeUnit? owner = Array.Find(units, unit => module.Parameters().All(unit.Parameters.Contains));
            if (owner is not null) owner.branches = [.. owner.branches, branch];
        }
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

    private static void FindBlocks(IObservedChain chain, FreezeUnit[] units)
    {
        var unitOf = new Dictionary<Parameter, FreezeUnit>(ReferenceEqualityComparer.Instance);
        foreach (FreezeUnit unit in units)
        {
            foreach (Parameter parameter in unit.Parameters) unitOf.Add(parameter, unit);
        }
        FreezeUnit[] current = [];
        int place = 0;
        foreach (ModuleBase module in chain.ObservedModules)
        {
            // A child without parameters joins what is before it, all units of the block before alike; a chain inside gives what its last module gave.
            if (module is not Sequential && module.HasParameters) current = [.. module.Parameters().Select(parameter => unitOf[parameter]).Distinct()];
            foreach (FreezeUnit unit in current)
            {
                // Of a unit that is tied, as embeddings and head are, the first: behind the last one there are the model's outputs, and no features.
                if (chain is Sequential || unit.LastBlock < 0) unit.LastBlock = place;
            }
            place++;
        }
    }
}
