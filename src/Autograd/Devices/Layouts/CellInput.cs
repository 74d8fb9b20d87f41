namespace ResearchFreeze.Autograd;

/// <summary>What of a recurrent step a gradient is with respect to, by its place among the operation's inputs.</summary>
public enum CellInput
{
    /// <summary>What the inputs add to the gates.</summary>
    Part,

    /// <summary>What the product with the hidden state adds to them.</summary>
    Product,

    /// <summary>The state that the step carries on: an LSTM's cell, a GRU's hidden state.</summary>
    State,

    /// <summary>An LSTM's hidden state, which a sequence that has ended keeps.</summary>
    Hidden,
}
