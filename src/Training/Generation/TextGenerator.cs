using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// Goes on with texts, a token at a time, by a model that was trained on next tokens: outputs (n, length, vocabulary), each place seeing those before it alone. What is drawn is keyed by Philox, so the same text, options and sample number
/// give the same again. The window slides: where a text is longer, its last tokens alone are seen (<see cref="Continuation.Forgotten"/>). All places are computed again for each token.
/// </summary>
public sealed class TextGenerator
{
    private readonly ModuleBase model;
    private readonly Func<Batch, Tensor> forward;
    private readonly ITokenizer tokenizer;
    private readonly int window;

    /// <summary>A generator of a model that takes the batch.</summary>
    /// <param name="model">The model, which has its memory.</param>
    /// <param name="tokenizer">What made the tokens that it was trained on.</param>
    /// <param name="window">The most tokens that it sees: as many as its samples had, and not more than it has places.</param>
    public TextGenerator(Module<Batch> model, ITokenizer tokenizer, int window)
        : this(model, batch => model.Forward(batch), tokenizer, window)
    {
    }

    /// <summary>The same of a model with any input.</summary>
    /// <param name="model">The model, for its device and the mode that it is in.</param>
    /// <param name="forward">From a batch to the outputs (n, length, vocabulary).</param>
    /// <param name="tokenizer">What made the tokens that it was trained on.</param>
    /// <param name="window">The most tokens that it sees.</param>
    public TextGenerator(ModuleBase model, Func<Batch, Tensor> forward, ITokenizer tokenizer, int window)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        (this.model, this.forward, this.tokenizer, this.window) = (model, forward, tokenizer, window);
    }

    /// <summary>Goes on with a text.</summary>
    /// <param name="prompt">The text, of at least one token.</param>
    /// <param name="options">How; null: the most probable 64 tokens.</param>
    /// <param name="sample">Which of several texts under one seed.</param>
    /// <exception cref="ArgumentException">The text has no token, or an option is out of range.</exception>
    /// <exception cref="DataFormatException">The model's outputs are not finite.</exception>
    /// <exception cref="ShapeException">They are not of tokens, or of fewer than the vocabulary has.</exception>
    public Continuation Continue(string prompt, GenerationOptions? options = null, int sample = 0)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Continue(tokenizer.Encode(prompt), options, sample);
    }

    /// <summary>The same of token ids.</summary>
    /// <inheritdoc cref="Continue(string, GenerationOptions?, int)"/>
    public Continuation Continue(IReadOnlyList<int> prompt, GenerationOptions? options = null, int sample = 0)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        if (prompt.Count == 0) throw new ArgumentException("Text: expected a beginning of at least one token, found none.");
        if (options.Tokens < 1) throw new ArgumentException($"Text: expected at least one token to add, found {options.Tokens}.");
        if (!(options.Temperature >= 0) || double.IsInfinity(options.Temperature)) throw new ArgumentException(FormattableString.Invariant($"Text: the temperature must be 0 or more and finite, found {options.Temperature}."));
        Device device = model.Parameters().First().Value.Device;
        using CostScope booking = device.Counters.For(CostKind.Evaluation);
        using ModuleModes modes = model.EvalScope();
        using GradMode.Restore mode = GradMode.Disable();
        var random = new RandomStream(options.Seed, FormattableString.Invariant($"text/{sample}"));
        List<int> ids = [.. prompt];
        for (int added = 0; added < options.Tokens; added++) ids.Add(Next(Scores(device, ids), options.Temperature, random));
        int[] found = [.. ids.Skip(prompt.Count)];
        // The last token was made of those before it.
        return new Continuation(found, tokenizer.Decode(found), Math.Max(0, ids.Count - 1 - window));
    }

    /// <summary>The outputs of the last place, of the tokens that the vocabulary has.</summary>
    private double[] Scores(Device device, List<int> ids)
    {
        using var scope = new Scope();
        int length = Math.Min(window, ids.Count), known = tokenizer.VocabularySize;
        int[] seen = [.. ids.Skip(ids.Count - length)];
        Tensor outputs = forward(Batch.OfTokens(IntTensor.From(device, seen, [1, length]), IntTensor.From(device, [length]), IntTensor.From(device, [0]), new int[1]));
        if (outputs.Shape.Rank != 3 || outputs.Shape[0] != 1 || outputs.Shape[1] != length || outputs.Shape[2] < known)
            throw new ShapeException($"Text: needs outputs of shape (1, {length}, {known} or more), one for each token of the vocabulary, found {outputs.Shape}.");
        var scores = new double[outputs.Shape[2]];
        outputs.Slice(1, length - 1, length).CopyTo(scores);
        // A model may have more outputs than there are tokens.
        Array.Resize(ref scores, known);
        int bad = Array.FindIndex(scores, score => !double.IsFinite(score));
        return bad < 0 ? scores : throw new DataFormatException("text", "outputs that are finite", FormattableString.Invariant($"{scores[bad]} for token {bad} behind {ids.Count} tokens"));
    }

    private static int Next(double[] scores, double temperature, RandomStream random)
    {
        double largest = scores.Max();
        if (temperature == 0) return Array.IndexOf(scores, largest);
        double[] shares = Array.ConvertAll(scores, score => Math.Exp((score - largest) / temperature));
        double left = random.NextDouble() * shares.Sum();
        for (int id = 0; id < shares.Length; id++)
        {
            left -= shares[id];
            if (left < 0) return id;
        }
        // Rounding: the sum was a last bit short.
        return Array.FindLastIndex(shares, share => share > 0);
    }
}
