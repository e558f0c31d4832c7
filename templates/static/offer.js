// The offer of a passkey is for devices that could hold one: with a screen lock, or a credential manager that stands for it. On others there is
// nothing to offer, and the page goes on by itself; the offer is not used up.

const canHoldOne = () => window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.().catch(() => false);

if (!(await canHoldOne())) document.getElementById("go-on").submit();
