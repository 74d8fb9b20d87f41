using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Random trees of modules with tied parameters: what holds for every division of each.</summary>
public class UnitInvariantTests
{
    private const int Trees = 400;

    private static readonly (string Name, UnitDivision Division)[] Divisions =
    [
        ("block", UnitDivision.Blocks), ("module", UnitDivision.Modules), ("tensor", UnitDivision.Tensors),
        ("last name", UnitDivision.By(named => named.Path.Split('.')[^1])), ("top", UnitDivision.By(named => named.Path.Split('.')[0])),
    ];

    [Fact]
    public void EveryParameterIsInOneUnitWithAllThatIsTiedToItInTheOrderOfFirstUse()
    {
        var random = new RandomStream(TestDevices.Seed, "trees of modules");
        int tied = 0, heads = 0, chained = 0;
        for (int number = 0; number < Trees; number++)
        {
            var leaves = new List<Node>();
            Node model = Tree(random, leaves, depth: 0, isChain: random.NextInt32(2) == 0);
            Tie(random, leaves);
            if (!model.HasParameters) continue;
            foreach ((string name, UnitDivision division) in Divisions)
            {
                string shown = $"tree {number}, seed {TestDevices.Seed}, {name}";
                IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(model, division);
                Look(model, units, shown);
                Assert.Equal(UnitText.Of(units), UnitText.Of(model, division));
                tied += units.Count(unit => unit.Path.Contains('+', StringComparison.Ordinal));
                heads += units.Count(unit => unit.IsHead);
            }
            IReadOnlyList<FreezeUnit> blocks = FreezeUnit.Of(model);
            chained += blocks.Count(unit => unit.Path.Contains('.', StringComparison.Ordinal));
            LookAtHeads(model, blocks, $"tree {number}, seed {TestDevices.Seed}");
        }
        // The trees had what can go wrong.
        Assert.True(tied > 300 && heads > 200 && chained > 50, $"{tied} tied units, {heads} heads, {chained} units in inner chains");
    }

    [Fact]
    public void Case49_TheWorkOfADivisionGrowsWithTheModelNotWithItsSquare()
    {
        foreach ((string name, UnitDivision division) in Divisions.Append(("named head", UnitDivision.Blocks.WithHead("b0", "b1"))))
        {
            foreach (Func<int, ModuleBase> make in (Func<int, ModuleBase>[])[Flat, Nested, AllTied])
            {
                long small = Allocated(make(500), division), large = Allocated(make(4000), division);
                Assert.True(large < 14 * small, $"{name}: {small} bytes for 500 blocks, {large} for 4000");
            }
        }

        static ModuleBase Flat(int count) => Model(count, (_, module) => module);
        static ModuleBase Nested(int count) =>
            Node.Chain(("b0", Model(count, (i, module) => i % 2 == 0 ? Node.Chain(("x", module), ("norm", Node.Norm())) : module)), ("b1", Node.Layer()));

        static ModuleBase AllTied(int count)
        {
            Parameter[] shared = [.. Node.Layer().Parameters()];
            return Model(count, (_, _) => Node.Using(shared));
        }

        static Sequential Model(int count, Func<int, Node, ModuleBase> make) =>
            new([.. Enumerable.Range(0, count).Select(i => ($"b{i}", (Module)new Holder(make(i, Node.Layer()))))]);

        static long Allocated(ModuleBase model, UnitDivision division)
        {
            FreezeUnit.Of(model, division);
            long before = GC.GetAllocatedBytesForCurrentThread();
            FreezeUnit.Of(model, division);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static void Look(ModuleBase model, IReadOnlyList<FreezeUnit> units, string shown)
    {
        NamedParameter[] named = [.. model.NamedParameters()];
        var unitOf = new Dictionary<Parameter, FreezeUnit>(ReferenceEqualityComparer.Instance);
        foreach (FreezeUnit unit in units)
        {
            Assert.NotEmpty(unit.Parameters);
            foreach (Parameter parameter in unit.Parameters) Assert.True(unitOf.TryAdd(parameter, unit), $"{shown}: {parameter.Path} is in two units");
        }
        Assert.All(named, one => Assert.True(unitOf.ContainsKey(one.Parameter), $"{shown}: {one.Path} is in no unit"));
        Assert.Equal(named.Select(one => one.Parameter).Distinct().Count(), unitOf.Count);
        Assert.Equal(Enumerable.Range(0, units.Count), units.Select(unit => unit.Index));
        Assert.Equal(units.Count, units.Select(unit => unit.Path).Distinct().Count());
        // In the order of first use, units and parameters in them: names are in the order of registration, and what the model owns itself comes first.
        int[] firsts = [.. units.Select(unit => unit.Parameters.Min(parameter => Array.FindIndex(named, one => one.Parameter == parameter)))];
        Assert.True(firsts.SequenceEqual(firsts.Order()), $"{shown}: {UnitText.Of(units)}");
    }

    /// <summary>Only in a chain, only the last block, and never all there is.</summary>
    private static void LookAtHeads(Node model, IReadOnlyList<FreezeUnit> units, string shown)
    {
        FreezeUnit[] heads = [.. units.Where(unit => unit.IsHead)];
        Assert.True(heads.Length <= 1 && heads.Length < units.Count && (heads.Length == 0 || (model.IsChain && heads[0] == units[^1])), $"{shown}: {UnitText.Of(units)}");
        NamedParameter last = model.NamedParameters().Last(named => model.OwnParameters.All(own => own != named.Parameter) || model.Children.All(child => !child.HasParameters));
        if (heads.Length == 1) Assert.Contains(last.Parameter, heads[0].Parameters);
    }

    private static Node Tree(RandomStream random, List<Node> leaves, int depth, bool isChain)
    {
        var node = new Node(isChain);
        int children = depth == 0 ? 1 + random.NextInt32(5) : random.NextInt32(4);
        // Here and there a container has parameters of its own.
        if (random.NextInt32(6) == 0) node.With(1 + random.NextInt32(2));
        for (int i = 0; i < children; i++)
        {
            ModuleBase child = (depth < 3 ? random.NextInt32(6) : random.NextInt32(4)) switch
            {
                0 => Leaf(Node.Norm()),
                1 or 2 => Leaf(Node.Layer()),
                3 => new Node(),
                4 => Tree(random, leaves, depth + 1, isChain: true),
                _ => Tree(random, leaves, depth + 1, isChain: false),
            };
            node.Holding(($"c{i}", child));
        }
        return node;

        Node Leaf(Node leaf)
        {
            leaves.Add(leaf);
            return leaf;
        }
    }

    private static void Tie(RandomStream random, List<Node> leaves)
    {
        for (int i = random.NextInt32(3); i > 0 && leaves.Count > 1; i--)
        {
            Parameter[] of = [.. leaves[random.NextInt32(leaves.Count)].Parameters()];
            leaves[random.NextInt32(leaves.Count)].Tie(of[random.NextInt32(of.Length)]);
        }
    }

    /// <summary>A place in a Sequential for what is none of its modules; it chains.</summary>
    private sealed class Holder : Module
    {
        public Holder(ModuleBase module) => Register("in", module);

        public override bool IsChain => true;

        public override Tensor Forward(Tensor input) => throw new NotSupportedException();
    }
}
