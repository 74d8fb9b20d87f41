using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public class RuleSpecTests
{
    private readonly RunCatalogues known = new();

    [Theory]
    [InlineData("never", "never")]
    [InlineData("static:2", "static")]
    [InlineData("prefix-patience:patience=3,threshold=0.3,hysteresis=1.5", "prefix-patience")]
    [InlineData("threshold", "threshold")]
    [InlineData("percentile:50,prefix=0", "percentile")]
    [InlineData("aimd:threshold=0.05", "aimd")]
    [InlineData("rotation:units=1,every=50,order=descending,state=drop", "rotation")]
    [InlineData("budget:rho=0.7,every=4", "budget")]
    [InlineData("phases:1,2,4,steps=100,patience=3,factor=2.6,stop=1", "phases")]
    [InlineData("percentile:50+prefix+cap:alpha=0.33", "percentile+prefix+cap")]
    public void ARuleReadsAsItIsWritten(string text, string name) => Assert.Equal(name, Rules.Parse(text, known.Rules, known.Filters).Name);

    [Fact]
    public void EveryUsageCanBeRead()
    {
        foreach (string usage in known.Rules.Entries.Select(entry => entry.Usage))
        {
            string text = usage.Replace("static:units", "static:2", StringComparison.Ordinal).Replace("units,…,steps=0", "1,2,steps=9", StringComparison.Ordinal);
            text = text.Replace("random|ascending|descending", "random", StringComparison.Ordinal).Replace("own|keep|drop|offload", "own", StringComparison.Ordinal).Replace("paper|code", "paper", StringComparison.Ordinal);
            text = text.Replace("rho=0.5|flops=…|seconds=…|memory=…,every=1", "seconds=0.5", StringComparison.Ordinal);
            Assert.StartsWith(text.Split(':')[0], Rules.Parse(text, known.Rules, known.Filters).Name, StringComparison.Ordinal);
        }
        foreach (string usage in known.Filters.Entries.Select(entry => entry.Usage)) Assert.Equal(usage.Split(':')[0], known.Filters.Create(usage).Name);
        Assert.Equal(["aimd", "budget", "dropbp", "geometric-depth", "loss-budget", "lowest", "never", "percentile", "phases", "prefix-patience", "relative-rates", "rotation", "static", "switched-rates", "threshold", "top-signal"], known.Rules.Names);
        Assert.Equal(["cap", "prefix"], known.Filters.Names);
    }

    [Theory]
    [InlineData("sometimes", "Rule 'sometimes' is unknown; known are aimd, budget, dropbp, geometric-depth, loss-budget, lowest, never, percentile, phases, prefix-patience, relative-rates, rotation, static, switched-rates, threshold, top-signal.")]
    [InlineData("never+often", "Filter 'often' is unknown; known are cap, prefix.")]
    [InlineData("never+threshold", "Filter 'threshold' is unknown")]
    [InlineData("prefix", "Rule 'prefix' is unknown")]
    [InlineData("never+", "'' names nothing")]
    [InlineData("", "'' names nothing")]
    [InlineData("never:1", "'1' is no key=value; it takes no settings")]
    [InlineData("static", "'static': takes one number, as in static:2")]
    [InlineData("static:-1", "must be 0 or more, found -1")]
    [InlineData("prefix-patience:patience=0", "prefix-patience: patience must be at least 1, found 0")]
    [InlineData("threshold:patience=0", "threshold: patience must be at least 1, found 0")]
    [InlineData("threshold:threshold=0", "the threshold must be positive, found 0")]
    [InlineData("threshold:checks=3", "'checks' is unknown; known are patience, threshold, hysteresis")]
    [InlineData("percentile", "takes one number, as in percentile:50")]
    [InlineData("percentile:101", "must be in (0, 100], found 101")]
    [InlineData("percentile:50,prefix=2", "prefix must be 1 or 0, found '2'")]
    [InlineData("aimd:threshold=-1", "aimd: the threshold must be positive, found -1")]
    [InlineData("rotation:units=0", "must be at least 1, found 0")]
    [InlineData("rotation:every=0", "steps in a turn must be at least 1, found 0")]
    [InlineData("rotation:order=sideways", "order must be random or ascending or descending, found 'sideways'")]
    [InlineData("rotation:state=lost", "state must be own or keep or drop or offload, found 'lost'")]
    [InlineData("budget:rho=0", "rho must be in (0, 1], found 0")]
    [InlineData("budget:rho=1.5", "found 1.5")]
    [InlineData("budget:every=0", "at least 1, found 0")]
    [InlineData("phases", "a phase needs an end")]
    [InlineData("phases:1,0,steps=3", "at least 1 unit, found 0")]
    [InlineData("phases:1,steps=-3", "found -3, 0 and 0")]
    [InlineData("phases:1,steps=3,factor=0", "the factor must be at least 1, found 0")]
    [InlineData("phases:all,steps=3", "must be a whole number, found 'all'")]
    [InlineData("never+cap:alpha=0", "cap: alpha must be in (0, 1], found 0")]
    [InlineData("never+cap:every=-1", "must be 0 or more, found -1")]
    [InlineData("never+prefix:1", "'1' is no key=value")]
    public void WhatDoesNotFitIsNamedInOneLine(string text, string says)
    {
        string message = Assert.ThrowsAny<ArgumentException>(() => Rules.Parse(text, known.Rules, known.Filters)).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void ACriterionAndARuleMakeThePolicy()
    {
        Policy both = Policies.Of(new RunSettings { Criterion = "gradient-norm-change", Rule = "percentile:50+prefix" }, known);
        Assert.Equal(("gradient-norm-change", "percentile+prefix"), (both.Criterion.Name, both.Rule.Name));
        FreezeOptions options = both.Options(1000);
        Assert.Equal((25, 100, 5.0, 0.02), (options.CheckEvery, options.WarmUpSteps, options.RateDrop, options.RegressionMargin));
        Policy criterion = Policies.Of(new RunSettings { Criterion = "gradient-norm-level" }, known);
        Assert.Equal(("gradient-norm-level", "prefix-patience"), (criterion.Criterion.Name, criterion.Rule.Name));
        Policy rule = Policies.Of(new RunSettings { Rule = "aimd", Control = "checks=100,warmup=0.2,drop=0,margin=0.5" }, known);
        Assert.Equal(("weight-change", "aimd"), (rule.Criterion.Name, rule.Rule.Name));
        options = rule.Options(1000);
        Assert.Equal((10, 200, 0.0, 0.5), (options.CheckEvery, options.WarmUpSteps, options.RateDrop, options.RegressionMargin));
        Assert.Equal("adaptive", Policies.Of(new RunSettings(), known).Criterion.Name);
    }

    [Theory]
    [InlineData("never", true)]
    [InlineData("static:1", true)]
    [InlineData("rotation", true)]
    [InlineData("phases:steps=10+cap", true)]
    [InlineData("budget", false)]
    [InlineData("threshold+prefix", false)]
    public void ARuleThatFollowsAPlanHasNeitherWarmUpNorTriggers(string text, bool followsAPlan)
    {
        FreezeOptions options = Policies.Of(new RunSettings { Rule = text }, known).Options(1000);
        Assert.Equal(followsAPlan ? (0, 0.0, 0.0) : (100, 5.0, 0.02), (options.WarmUpSteps, options.RateDrop, options.RegressionMargin));
    }

    [Fact]
    public void BothAPolicyAndARuleAreTooMuch()
    {
        Fails(new RunSettings { Policy = "never", Rule = "aimd" }, "found both");
        Fails(new RunSettings { Policy = "never", Criterion = "weight-change" }, "policy 'never'");
        Fails(new RunSettings { Control = "checks=3" }, "control 'checks=3' needs a criterion or a rule");
        Fails(new RunSettings { Rule = "aimd", Control = "patience=3" }, "'patience' is unknown; known are checks, warmup, drop, margin");
        Fails(new RunSettings { Rule = "aimd", Control = "" }, "neither key=value nor a number");
        Fails(new RunSettings { Rule = "aimd", Control = "drop=0.5" }, "found 0.5");
        Fails(new RunSettings { Criterion = "luck" }, "Criterion 'luck' is unknown");

        void Fails(RunSettings settings, string says) => Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(() => Policies.Of(settings, known)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTextShownIsThePolicyOrWhatItIsMadeOf()
    {
        Assert.Equal("adaptive", new RunSettings().PolicyText);
        Assert.Equal("weight-change aimd", new RunSettings { Rule = "aimd" }.PolicyText);
        Assert.Equal("gradient-norm-level prefix-patience", new RunSettings { Criterion = "gradient-norm-level" }.PolicyText);
    }
}
