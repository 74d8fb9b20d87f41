using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public class SpecTests
{
    private readonly RunCatalogues known = new();

    [Fact]
    public void ListsAreJoinedByPlus()
    {
        Spec spec = Spec.Parse("x:here,some=0-2+7+5-5,means=0.5+-1e-2,kind=b");
        Assert.Equal([0, 1, 2, 7, 5], spec.Ranges("some", 5)!);
        Assert.Equal([0.5, -0.01], spec.Reals("means")!);
        Assert.Equal("b", spec.Choice("kind", "a", "b"));
        Assert.Equal(["here"], spec.Words());
        Assert.Null(spec.Ranges("others", 5));
        Assert.Null(spec.Reals("others"));
        Assert.Equal("a", spec.Choice("others", "a", "b"));
        spec.Finish();
        foreach (string bad in new[] { "", "-", "1-", "-1", "1-2-3", "a", "1+", "99999999999", "2-1", "0-5", "0-2147483647", "0-2+0-2" })
            Assert.Throws<ArgumentException>(() => Spec.Parse($"x:some={bad}").Ranges("some", 5));
        Assert.Throws<ArgumentException>(() => Spec.Parse("x:means=1+").Reals("means"));
        Assert.Throws<ArgumentException>(() => Spec.Parse("x:kind=c").Choice("kind", "a", "b"));
    }

    [Fact]
    public void ASpecIsANameWithSettingsByNameOrNumbersByPlace()
    {
        Spec spec = Spec.Parse("sgd:momentum=0.5,nesterov=1,word=a=b");
        Assert.Equal(("sgd", 0.5, 1, "a=b"), (spec.Name, spec.Real("momentum", 0), spec.Integer("nesterov", 0), spec.Word("word", "")));
        Assert.Equal((7.5, 3, "else"), (spec.Real("absent", 7.5), spec.Integer("absent", 3), spec.Word("absent", "else")));
        spec.Finish();
        Assert.Equal([784, 256, 10], Spec.Parse("mlp:784,256,10").Integers());
        Assert.Equal([-1], Spec.Parse("mlp:-1").Integers());
        Assert.Empty(Spec.Parse("constant").Integers());
        Assert.Equal("sgd:clip=1", Spec.Parse("sgd:clip=1").ToString());
    }

    [Theory]
    [InlineData("", "names nothing")]
    [InlineData(":a=1", "names nothing")]
    [InlineData("sgd:", "''")]
    [InlineData("sgd:momentum=0.5,", "''")]
    [InlineData("sgd:,momentum=0.5", "''")]
    [InlineData("sgd:=5", "'=5'")]
    [InlineData("sgd:momentum=1,momentum=1", "'momentum' is given twice")]
    public void AMalformedSpecIsAnErrorThatQuotesIt(string text, string says)
    {
        var error = Assert.Throws<ArgumentException>(() => Spec.Parse(text));
        Assert.StartsWith($"'{text}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mlp", "Model 'mlp5' is unknown; known are bert, cnn, gpt, mlp, resnet, resnet18, resnet34, resnet50, transformer, vit.")]
    [InlineData("never", "Policy 'never5' is unknown; known are {0}.")]
    [InlineData("sgd", "Optimizer 'sgd5' is unknown; known are adam, adamw, lion, rmsprop, sgd.")]
    [InlineData("cosine", "Schedule 'cosine5' is unknown; known are constant, cosine, linear, one-cycle, plateau, polynomial, step.")]
    public void AnUnknownNameListsTheKnownOnes(string name, string message) => Assert.Equal(message.Replace("{0}", string.Join(", ", known.Policies.Names), StringComparison.Ordinal), ErrorOf($"{name}5", name));

    [Theory]
    [InlineData("never:x=1", "it takes no settings")]
    [InlineData("adaptive:patients=3", "known are window, drift, still, patience, hysteresis, together, loss, price, planned, checks, warmup, drop, margin, thaw, debt, guard, frozen, probe, once, reference")]
    [InlineData("prefix-patience:patients=3", "known are criterion, patience, threshold, hysteresis, together, checks, warmup, drop, margin")]
    [InlineData("sgd:Momentum=0.9", "known are momentum, nesterov, decay, clip, layer-decay")]
    [InlineData("adamw:momentum=0.9", "known are beta1, beta2, eps, decay, clip, layer-decay")]
    [InlineData("adam:coupled=1", "known are beta1, beta2, eps, decay, clip, layer-decay")]
    [InlineData("rmsprop:centered=1", "known are alpha, eps, momentum, decay, clip, layer-decay")]
    [InlineData("lion:eps=1e-8", "known are beta1, beta2, decay, clip, layer-decay")]
    [InlineData("constant:rate=1", "known are warmup")]
    [InlineData("cosine:warm=1", "known are warmup")]
    [InlineData("linear:end=1", "known are warmup")]
    [InlineData("polynomial:to=1", "known are power, end, warmup")]
    [InlineData("step:after=1", "known are every, factor, warmup")]
    [InlineData("one-cycle:fall=1", "known are rising")]
    [InlineData("one-cycle:warmup=0.1", "known are rising")]
    public void AnUnknownKeyListsTheKnownOnes(string text, string says)
    {
        string key = text.Split(':')[1].Split('=')[0];
        string message = ErrorOf(text);
        Assert.StartsWith($"'{text}': '{key}' is unknown; ", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("never:3")]
    [InlineData("adaptive:3")]
    [InlineData("sgd:0.9")]
    [InlineData("cosine:10")]
    [InlineData("constant:1")]
    public void ANumberWhereNoneIsTakenIsNamed(string text) =>
        Assert.Contains($"'{text.Split(':')[1]}' is no key=value", ErrorOf(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("mlp:784,x,10", "must be a whole number, found 'x'")]
    [InlineData("mlp:784,2.5,10", "must be a whole number, found '2.5'")]
    [InlineData("mlp:784,99999999999,10", "must be a whole number, found '99999999999'")]
    [InlineData("mlp:784,0,10", "a width must be positive, found 0")]
    [InlineData("mlp:784,-5,10", "a width must be positive, found -5")]
    [InlineData("mlp:784", "needs at least inputs and classes")]
    [InlineData("mlp", "needs at least inputs and classes")]
    [InlineData("static", "expected static:units")]
    [InlineData("static:1,2", "expected static:units")]
    [InlineData("static:-1", "must be 0 or more, found -1")]
    [InlineData("static:all", "must be a whole number, found 'all'")]
    [InlineData("adaptive:patience=0", "patience must be at least 1, found 0")]
    [InlineData("adaptive:still=0", "threshold of weight-change must be positive, found 0")]
    [InlineData("adaptive:drift=NaN", "drift must be a number, found 'NaN'")]
    [InlineData("adaptive:hysteresis=0.5", "hysteresis must be at least 1, found 0.5")]
    [InlineData("adaptive:checks=0", "checks must be at least 1, found 0")]
    [InlineData("adaptive:window=0", "checks must be at least 1, found 0")]
    [InlineData("adaptive:thaw=1", "thaw is a fraction in [0, 1), found 1")]
    [InlineData("adaptive:debt=2", "debt needs probes")]
    [InlineData("adaptive:frozen=2", "frozen is a fraction in (0, 1], found 2")]
    [InlineData("adaptive:warmup=1", "warmup is a fraction in [0, 1), found 1")]
    [InlineData("prefix-patience:threshold=-1", "threshold must be positive, found -1")]
    [InlineData("prefix-patience:threshold=1e999", "threshold must be a number, found '1e999'")]
    [InlineData("prefix-patience:criterion=loss", "Criterion 'loss' is unknown; known are all-scores, annealing-debt, cka, cka-change, cut-bias, drift, effective-perturbation, evidence-ratio, gradient-difference, gradient-norm-change, gradient-norm-level, gradient-norm-size, gradient-snr, none, plasticity, plasticity-slope, relative-gradient-norm, relative-step, remaining-gain, taylor-importance, weight-change, weight-change-size.")]
    [InlineData("prefix-patience:criterion=weight-change:1", "'weight-change:1'")]
    [InlineData("sgd:momentum=fast", "momentum must be a number, found 'fast'")]
    [InlineData("sgd:nesterov=nesterov", "nesterov must be a whole number, found 'nesterov'")]
    [InlineData("sgd:nesterov=2", "nesterov must be 0 or 1, found 2")]
    [InlineData("sgd:layer-decay=0", "layer-decay is a factor in (0, 1], found 0")]
    [InlineData("lion:layer-decay=1.5", "layer-decay is a factor in (0, 1], found 1.5")]
    [InlineData("cosine:warmup=1.5", "warmup is a part of the run in [0, 1), or a whole number of steps, found 1.5")]
    public void AValueThatDoesNotFitIsNamed(string text, string says)
    {
        string message = ErrorOf(text);
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void NumbersOtherThanWidthsAreNotCalledWidths() => Assert.DoesNotContain("width", ErrorOf("static:all"), StringComparison.Ordinal);

    [Theory]
    [InlineData("sgd:momentum=1", "momentum")]
    [InlineData("sgd:momentum=-0.1", "momentum")]
    [InlineData("sgd:decay=-1", "decay")]
    [InlineData("sgd:decay=1e300", "decay")]
    [InlineData("sgd:clip=-1", "Clip")]
    [InlineData("sgd:momentum=0,nesterov=1", "Nesterov")]
    [InlineData("adamw:beta1=1", "beta1")]
    [InlineData("adamw:beta2=1.5", "beta2")]
    [InlineData("adamw:decay=-1", "decay")]
    [InlineData("adamw:eps=0", "epsilon must be positive and finite, found 0")]
    [InlineData("adam:beta1=1", "beta1")]
    [InlineData("rmsprop:alpha=1", "alpha")]
    [InlineData("rmsprop:eps=-1", "epsilon")]
    [InlineData("lion:beta2=1", "beta2")]
    [InlineData("lion:clip=-1", "Clip")]
    public void AnOptimizerRefusesWhatMakesNoSense(string text, string says)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 2);
        Func<ModuleBase, Schedule, Optimizer> make = known.Optimizers.Create(text);
        Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(() => make(model, new Constant(0.1f))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adam", "adamw:beta1=0.9,beta2=0.999,epsilon=1E-08,coupled=1", 0)]
    [InlineData("adam:beta1=0.5,beta2=0.75,eps=0.25,decay=0.125,clip=3", "adamw:beta1=0.5,beta2=0.75,epsilon=0.25,coupled=1", 3)]
    [InlineData("adamw:eps=0.5", "adamw:beta1=0.9,beta2=0.999,epsilon=0.5,coupled=0", 0)]
    [InlineData("rmsprop", "rmsprop:alpha=0.99,epsilon=1E-08,momentum=0", 0)]
    [InlineData("rmsprop:alpha=0.5,eps=0.25,momentum=0.75,decay=1,clip=2", "rmsprop:alpha=0.5,epsilon=0.25,momentum=0.75", 2)]
    [InlineData("lion:beta1=0.5,beta2=0.75,decay=0.1,clip=1", "lion:beta1=0.5,beta2=0.75", 1)]
    public void AnOptimizersSpecSetsWhatItSays(string text, string key, float clip)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 2);
        using Optimizer optimizer = known.Optimizers.Create(text)(model, new Constant(0.1f));
        Assert.Equal((key, clip), (optimizer.Key, optimizer.ClipNorm));
    }

    [Theory]
    [InlineData("cosine:warmup=-1")]
    [InlineData("step:every=-1")]
    [InlineData("step:factor=0")]
    [InlineData("step:factor=-0.1")]
    [InlineData("step:factor=1e300")]
    [InlineData("polynomial:power=0")]
    [InlineData("polynomial:power=1e300")]
    [InlineData("polynomial:end=-0.1")]
    [InlineData("polynomial:end=0.1")]
    [InlineData("linear:warmup=-1")]
    [InlineData("one-cycle:rising=-0.1")]
    [InlineData("one-cycle:rising=1.5")]
    [InlineData("one-cycle:rising=1e300")]
    public void AScheduleRefusesWhatMakesNoSense(string text) => Assert.ThrowsAny<ArgumentException>(() => known.Schedules.Create(text)(0.1f, 100));

    [Theory]
    [InlineData("constant", 0.1f, 0.1f)]
    [InlineData("cosine", 0.1f, 0.05f)]
    [InlineData("cosine:warmup=80", 0.1f / 80, 0.1f * 51 / 80 / 2)]
    [InlineData("constant:warmup=0.8", 0.1f / 80, 0.1f * 51 / 80)]
    [InlineData("linear", 0.1f, 0.05f)]
    [InlineData("linear:warmup=80", 0.1f / 80, 0.05f * 51 / 80)]
    [InlineData("polynomial", 0.1f, 0.025f)]
    [InlineData("polynomial:power=3,end=0.02", 0.1f, 0.03f)]
    [InlineData("polynomial:power=1,end=0.02,warmup=80", 0.1f / 80, 0.06f * 51 / 80)]
    [InlineData("step", 0.1f, 0.01f)]
    [InlineData("step:every=25,factor=0.5,warmup=80", 0.1f / 80, 0.025f * 51 / 80)]
    [InlineData("step:every=25,factor=0.5", 0.1f, 0.025f)]
    public void ASpecSetsWhatItSays(string text, float first, float middle)
    {
        Schedule schedule = known.Schedules.Create(text)(0.1f, 100);
        Assert.Equal(first, schedule.Rate(0), 1e-6f);
        Assert.Equal(middle, schedule.Rate(50), 1e-6f);
    }

    /// <summary>Nothing would be left of what the schedule says, and a part that rounds to the whole run is no better.</summary>
    [Theory]
    [InlineData("constant:warmup=100", 100)]
    [InlineData("cosine:warmup=150", 150)]
    [InlineData("linear:warmup=0.996", 100)]
    [InlineData("polynomial:warmup=100", 100)]
    [InlineData("step:warmup=100", 100)]
    public void AWarmUpAsLongAsTheRunIsNamedWithBothLengths(string text, int found)
    {
        var error = Assert.Throws<ArgumentException>(() => known.Schedules.Create(text)(0.1f, 100));
        Assert.Equal($"'{text}': expected a warm-up shorter than the run of 100 steps, found one of {found}.", error.Message);
        Assert.Equal(0.1f, known.Schedules.Create("constant:warmup=99")(0.1f, 100).Rate(98));
    }

    [Fact]
    public void AModelThatDoesNotFitItsDataNamesBothShapes()
    {
        ModelSpec spec = known.Models.Create("mlp:784,16,10");
        using ModuleBase fits = spec.Build([28, 28, 1], 10);
        Assert.Equal(2, fits.Modules().OfType<Linear>().Count());
        Assert.Equal(
            "'mlp:784,16,10' takes 784 inputs, but a sample of shape (2, 3, 1) has 6.", Assert.Throws<ShapeException>(() => spec.Build([2, 3, 1], 10)).Message);
        Assert.Equal("'mlp:784,16,10' has 10 outputs, but the data has 11 classes.", Assert.Throws<ShapeException>(() => spec.Build([784], 11)).Message);
    }

    [Fact]
    public void AUsersOwnEntryStandsBesideTheBuiltInOnesAndANameIsTakenOnce()
    {
        var models = Models.Catalogue();
        models.Add("mine", "mine", spec => new ModelSpec((_, _) => Models.Mlp(2, 2), [2], 2));
        Assert.Equal(2, models.Create("mine").Classes);
        Assert.Contains("mine", models.Entries.Select(entry => entry.Usage));
        Assert.Throws<ArgumentException>(() => models.Add("mlp", "mlp", _ => throw new InvalidOperationException()));
    }

    /// <summary>The message of a spec, tried in the catalogue that the first word of <paramref name="like"/> belongs to.</summary>
    private string ErrorOf(string text, string? like = null)
    {
        string name = (like ?? text).Split(':')[0];
        Action create = name switch
        {
            "mlp" => () => known.Models.Create(text),
            "never" or "static" or "adaptive" or "prefix-patience" => () => known.Policies.Create(text),
            "sgd" or "adam" or "adamw" or "rmsprop" or "lion" => () => known.Optimizers.Create(text),
            _ => () => known.Schedules.Create(text),
        };
        return Assert.ThrowsAny<ArgumentException>(create).Message;
    }
}
