using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

public sealed class StateTreeTests
{
    [Fact]
    public void EveryKindOfValueComesBackFromAFile()
    {
        string path = Path.Combine(Path.GetTempPath(), $"tree-{Guid.NewGuid():N}.safetensors");
        try
        {
            var tree = new StateTree();
            StateTree branch = tree.Branch("a").Branch("b");
            branch.Set("integer", long.MinValue);
            branch.Set("position", ulong.MaxValue);
            branch.Set("flag", true);
            branch.Set("real", double.NaN);
            branch.Set("text", "relu · 3×3");
            branch.Set("empty", "");
            branch.Set("integers", new long[] { 1, -2 });
            branch.Set("reals", new[] { 0.1, double.PositiveInfinity });
            tree.Save(path);
            StateTree read = StateTree.Load(path).Branch("a").Branch("b");
            Assert.Equal(long.MinValue, read.Integer("integer"));
            Assert.Equal(ulong.MaxValue, read.Unsigned("position"));
            Assert.True(read.Flag("flag"));
            Assert.True(double.IsNaN(read.Real("real")));
            Assert.Equal(("relu · 3×3", ""), (read.Text("text"), read.Text("empty")));
            Assert.Equal([1, -2], read.Integers("integers", 2));
            Assert.Equal([0.1, double.PositiveInfinity], read.Reals("reals", 2));
            Assert.Equal(["empty", "flag", "integer", "integers", "position", "real", "reals", "text"], read.Names);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void WhatIsNotAsExpectedIsNamedInOneLine()
    {
        StateTree tree = new StateTree().Branch("rule");
        tree.Set("count", 7);
        tree.Set("rate", 0.5);
        tree.Set("rates", new[] { 1.0, 2.0 });
        tree.Set("counts", new long[] { 1, 9 });
        tree.Set("kind", "sgd");
        tree.Set("bytes", new SafetensorsEntry("U8", [1], [0xFF]));
        Expect("State: 'rule/absent' is missing.", () => tree.Integer("absent"));
        Expect("State: 'rule/count' must be in [0, 6], found 7.", () => tree.Int32("count", 0, 6));
        Expect("State: 'rule/count' must be in [0, 1], found 7.", () => tree.Flag("count"));
        Expect("State: 'rule/count' holds integers (I64), expected reals.", () => tree.Real("count"));
        Expect("State: 'rule/count' holds integers (I64), expected text.", () => tree.Text("count"));
        Expect("State: 'rule/rate' holds reals (F64), expected integers.", () => tree.Integer("rate"));
        Expect("State: 'rule/rate' must be in [1, 2], found 0.5.", () => tree.Real("rate", 1, 2));
        Expect("State: 'rule/rates' has shape (2), expected (3).", () => tree.Reals("rates", 3));
        Expect("State: 'rule/rates' has shape (2), expected ().", () => tree.Real("rates"));
        Expect("State: 'rule/counts' must be in [0, 8], found 9.", () => tree.Integers("counts", 2, 0, 8));
        Expect("State: 'rule/bytes' is no text in UTF-8.", () => tree.Text("bytes"));
        Expect("State: 'rule/kind' is 'sgd', expected 'adamw'.", () => tree.Require("kind", "adamw"));
        tree.Require("kind", "adamw", anyWill: true);
        tree.Set("two\nlines", "x\ny");
        Expect("State: 'rule/two lines' is 'x y', expected 'z'.", () => tree.Require("two\nlines", "z"));

        static void Expect(string message, Action read) => Assert.Equal(message, Assert.Throws<FormatException>(read).Message);
    }

    [Fact]
    public void TwoThatWriteUnderOneNameAreAnError()
    {
        var tree = new StateTree();
        tree.Branch("a").Set("x", 1);
        Assert.Equal("State: 'a/x' is written twice.", Assert.Throws<ArgumentException>(() => tree.Set("a/x", 2)).Message);
        Assert.Equal(1, tree.Integer("a/x"));
    }

    [Fact]
    public void WhatNobodyReadsIsAnErrorBeforeAnythingChanges()
    {
        var tree = new StateTree();
        tree.Branch("a").Set("x", 1);
        tree.Branch("a").Set("y", 2);
        tree.Set("b", 3);
        bool changed = false;
        var error = Assert.Throws<FormatException>(() => tree.Branch("a").Apply(branch =>
        {
            branch.Integer("x");
            return () => changed = true;
        }));
        Assert.Equal("State: 'a/y' belongs to nothing that is loaded.", error.Message);
        Assert.False(changed);
        tree.Integer("a/y");     // what was read before is not read by what is loaded now
        Assert.Throws<FormatException>(() => tree.Branch("a").Apply(branch => () => changed = true));
        Assert.False(changed);
        tree.Branch("a").Apply(branch =>
        {
            branch.Integer("x");
            branch.Integer("y");
            return () => changed = true;
        });
        Assert.True(changed);
    }

    [Fact]
    public void ABranchHasTheNamesThatBeginWithItAlone()
    {
        var tree = new StateTree();
        foreach (string name in (string[])["unit1/a", "unit10/a", "unit1", "unit1/b/c", "unit2/a"]) tree.Set(name, 0);
        Assert.Equal(["a", "b/c"], tree.Branch("unit1").Names);
        Assert.Equal(["unit1", "unit1/a", "unit1/b/c", "unit10/a", "unit2/a"], tree.Names);
        Assert.Empty(tree.Branch("unit3").Names);
        tree.Set("unit3/x", 0);
        Assert.Equal(["x"], tree.Branch("unit3").Names);
    }

    [Fact]
    public void HalfACharacterIsNoText() => Assert.ThrowsAny<ArgumentException>(() => new StateTree().Set("text", "\ud800"));
}
