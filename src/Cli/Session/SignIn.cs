using Microsoft.Identity.Client;

namespace EngageCenter.Cli.Session;

/// <summary>
/// Gets tokens by MSAL for the person who signed in, or for the application whose secret is in the environment. Tokens are renewed
/// before they expire. The secret is stored nowhere.
/// </summary>
internal sealed class SignIn(Surroundings around, Settings settings)
{
    private const string ClientIdVariable = "ENGAGE_CLIENT_ID";
    private const string SecretVariable = "ENGAGE_CLIENT_SECRET";
    private const string TenantVariable = "ENGAGE_TENANT_ID";

    private IPublicClientApplication? people;
    private IConfidentialClientApplication? application;
    private LoopbackHttp? loopback;
    private bool wasRefused;

    public bool IsApplication => around.Set(SecretVariable) is not null;

    /// <summary>Returns the token for the next request.</summary>
    /// <exception cref="EngageException">Nobody is signed in.</exception>
    public async Task<string> TokenAsync(CancellationToken cancellation)
    {
        var isFresh = wasRefused;
        wasRefused = false;
        if (IsApplication)
        {
            var asked = Application().AcquireTokenForClient([$"{settings.Scope[..settings.Scope.LastIndexOf('/')]}/.default"]).WithForceRefresh(isFresh);
            return (await asked.ExecuteAsync(cancellation)).AccessToken;
        }

        var signIn = await PeopleAsync();
        var account = settings.Account is { } id ? await signIn.GetAccountAsync(id) : null;
        return account is null
            ? throw EngageException.NoSignIn("Nobody is signed in. Run 'engage login'.")
            : (await signIn.AcquireTokenSilent([settings.Scope], account).WithForceRefresh(isFresh).ExecuteAsync(cancellation)).AccessToken;
    }

    /// <summary>Records that the service refused the token, so that the next request gets a new one.</summary>
    public void Refused() => wasRefused = true;

    /// <summary>Signs a person in with a browser on this machine.</summary>
    public async Task<AuthenticationResult> ByBrowserAsync(CancellationToken cancellation)
    {
        var signIn = await PeopleAsync();
        return await signIn.AcquireTokenInteractive([settings.Scope])
            .WithUseEmbeddedWebView(false)
            .WithPrompt(Prompt.SelectAccount)
            .WithSystemWebViewOptions(new() { OpenBrowserAsync = page => around.OpenBrowser(loopback?.Plain(page) ?? page) })
            .ExecuteAsync(cancellation);
    }

    /// <summary>Signs a person in with a browser on any machine.</summary>
    /// <param name="show">Shows the page and the code to the person.</param>
    public async Task<AuthenticationResult> ByDeviceCodeAsync(Func<DeviceCodeResult, Task> show, CancellationToken cancellation)
    {
        var signIn = await PeopleAsync();
        return await signIn.AcquireTokenWithDeviceCode([settings.Scope], show).ExecuteAsync(cancellation);
    }

    /// <summary>Forgets who signed in.</summary>
    public async Task SignOutAsync()
    {
        var signIn = await PeopleAsync();
        foreach (var account in await signIn.GetAccountsAsync())
        {
            await signIn.RemoveAsync(account);
        }
    }

    private async Task<IPublicClientApplication> PeopleAsync()
    {
        if (people is null)
        {
            var built = With(PublicClientApplicationBuilder
                .Create(settings.ClientId ?? throw EngageException.NoSignIn("Nobody is signed in. Run 'engage login'."))
                .WithRedirectUri("http://localhost"), settings.Tenant).WithInstanceDiscovery(loopback is null).Build();
            await TokenStore.AttachAsync(built.UserTokenCache, around);
            people = built;
        }

        return people;
    }

    private IConfidentialClientApplication Application() => application ??= With(
        ConfidentialClientApplicationBuilder
            .Create(around.Set(ClientIdVariable) ?? throw EngageException.Wrong($"{SecretVariable} is set, and {ClientIdVariable} is not. Set both, and {TenantVariable}."))
            .WithClientSecret(around.Set(SecretVariable)),
        around.Set(TenantVariable) ?? throw EngageException.Wrong($"{SecretVariable} is set, and {TenantVariable} is not. Set it to the tenant of the application."))
        .WithInstanceDiscovery(loopback is null).Build();

    private T With<T>(AbstractApplicationBuilder<T> builder, string tenant)
        where T : BaseAbstractApplicationBuilder<T>
    {
        var instance = Uri.TryCreate(settings.Instance, UriKind.Absolute, out var address)
            ? address
            : throw EngageException.Wrong($"'{settings.Instance}' is not the address of a sign-in service.");
        if (instance.Scheme == Uri.UriSchemeHttps)
        {
            return builder.WithAuthority($"{settings.Instance.TrimEnd('/')}/{tenant}");
        }

        // The list of Entra's clouds does not contain LocalEntra.
        loopback ??= new(instance);
        return builder.WithAuthority($"https://{instance.Authority}/{tenant}", validateAuthority: false).WithHttpClientFactory(loopback);
    }
}
