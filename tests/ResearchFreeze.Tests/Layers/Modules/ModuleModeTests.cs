using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

public sealed class ModuleModeTests
{
    private readonly Sequential model = new(
        ("stem", new Sequential(("fc", new Linear(2, 2)), ("norm", new BatchNorm(2)))), ("drop", new Dropout(0.5f)), ("head", new Linear(2, 2)));

    private bool[] Modes => [.. model.Modules().Select(module => module.IsTraining)];

    [Fact]
    public void AScopeIsEvaluationAndPutsEachModulesModeBack()
    {
        model[0].Children[1].Eval();
        bool[] before = Modes;
        using (model.EvalScope()) Assert.All(Modes, Assert.False);
        Assert.Equal(before, Modes);
        Assert.Contains(false, before);
    }

    [Fact]
    public void ScopesNestAndAreOfOnePartOrAll()
    {
        model.Eval();
        model[1].Train();
        bool[] before = Modes;
        using (model.EvalScope())
        {
            model.Train();
            using (model[0].EvalScope()) Assert.Equal([true, false, false, false, true, true], Modes);
            Assert.All(Modes, Assert.True);
        }
        Assert.Equal(before, Modes);
    }

    [Fact]
    public void AScopeIsDisposedOnce()
    {
        ModuleModes modes = model.EvalScope();
        modes.Dispose();
        model.Eval();
        modes.Dispose();
        Assert.All(Modes, Assert.False);
    }

    [Fact]
    public void AnExceptionPutsThemBackToo()
    {
        model[2].Eval();
        bool[] before = Modes;
        Assert.Throws<InvalidOperationException>(Fail);
        Assert.Equal(before, Modes);

        void Fail()
        {
            using ModuleModes modes = model.EvalScope();
            throw new InvalidOperationException();
        }
    }
}
